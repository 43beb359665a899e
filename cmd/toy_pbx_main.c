/* The toy PBX as a program of its own: small, for tests and benches. */
#include "cmd/toy_pbx.h"

int main(int argc, char **argv)
{
	return toy_pbx_main(argc, argv);
}
