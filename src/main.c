#include "cli/commands.h"
#include "core_dump.h"

int main(int argc, char **argv)
{
	core_dump_forbid();
	return commands_run(argc, argv);
}
