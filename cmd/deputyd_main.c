#include "cmd/deputyd.h"
#include "keeper/kinds.h"

int main(int argc, char **argv)
{
	return deputyd(argc, argv, child_kinds);
}
