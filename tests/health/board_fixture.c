#include "tests/health/board_fixture.h"

#include <stdio.h>
#include <string.h>

#include "conf/conf.h"
#include "health/layout.h"
#include "health/row.h"

static struct board_row *make_row(const struct fixture_pbx *p, uint32_t slot)
{
	struct conf_endpoint endpoints[TRANSPORTS];
	struct conf_pbx_address addresses[4] = { 0 };
	struct conf_pbx_view view = { .site = CONF_NONE, .addresses = addresses };
	struct conf_pbx conf = { .endpoints = endpoints,
				 .views = &view,
				 .view_count = 1 };
	struct pbx_layout l;
	struct board_row *row;

	for (unsigned t = 0; t < TRANSPORTS; t++)
		if (p->transports >> t & 1)
			endpoints[conf.endpoint_count++] =
				(struct conf_endpoint){ (enum transport)t, 5060 };
	for (; view.address_count < p->address_count; view.address_count++)
		view.addresses[view.address_count].addr = (struct addr){
			.family = AF_INET,
			.octets = { 192, 0, 2,
				    (uint8_t)(10u * (size_t)slot + view.address_count +
					      1) },
		};
	layout_init(&l, &conf, NULL, NULL);
	row = row_new(p->name, &l);
	layout_fini(&l);
	row->state = PBX_UP;
	row->since_ms = 1795356187000; /* 2026-11-22T14:03:07Z */
	for (size_t i = 0; i < row->target_count; i++) {
		row->targets[i].decided = true;
		row->targets[i].since_ms = row->since_ms;
	}
	return row;
}

struct board *fixture_board(const struct fixture_pbx *pbxs, size_t count)
{
	struct board *b = board_new(4711, 1795359787000, count);

	for (uint32_t i = 0; i < count; i++)
		b->rows[i] = make_row(&pbxs[i], i);
	return b;
}

struct board_row *fixture_row(struct board *b, uint32_t slot)
{
	return b->rows[slot];
}

void fixture_fall(struct board_row *row, uint64_t fell)
{
	row->state = PBX_DOWN;
	snprintf(row->cause, sizeof(row->cause), "options/udp timeout x10");
	for (size_t i = 0; i < row->target_count; i++) {
		row->targets[i].alive = false;
		row->targets[i].fell = fell;
		memcpy(row->targets[i].cause, row->cause, sizeof(row->cause));
	}
}
