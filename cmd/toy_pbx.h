/* `deputy toy-pbx`: PBXs that answer just enough to be probed, and can fail. */
#pragma once

/* Returns the exit status. */
int toy_pbx_main(int argc, char **argv);
