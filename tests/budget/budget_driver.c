/* budget_driver: does each operation a number of times and says so, a line "NAME TIMES" each. */
#include "budget/budget.h"

#include <stdio.h>

void budget_done(const char *name, uint32_t times)
{
	printf("%s %u\n", name, times);
}

int main(void)
{
	budget_engine();
	budget_door();
	return 0;
}
