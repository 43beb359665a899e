#include "conf/cross.h"

#include "conf/draft.h"

void cross_check(struct draft *d)
{
	(void)d;
}
