#include "health/address.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "health/path.h"
#include "health/pbx.h"

struct address *address_join(struct pbx *x, const struct addr *to)
{
	struct address *a = x->addresses;

	while (a && !addr_equal(&a->to, to))
		a = a->next;
	if (!a) {
		a = alloc(sizeof(*a));
		a->owner = x;
		a->to = *to;
		a->to.port = 0;
		a->next = x->addresses;
		x->addresses = a;
	}
	a->target_count++;
	return a;
}

void address_leave(struct address *a)
{
	struct pbx *x = a->owner;
	struct address **at = &x->addresses;

	if (--a->target_count)
		return;
	while (*at != a)
		at = &(*at)->next;
	*at = a->next;
	path_forget(x->prober, a);
	allowance_fini(&a->allowance);
	free(a);
}
