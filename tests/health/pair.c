#include "tests/health/pair.h"

struct sim_pbx pair[2];

void pair_begin(struct sim *s, uint32_t transports, enum profile profile)
{
	pair[0] = (struct sim_pbx){ .name = "berlin",
				    .host = 1,
				    .transports = transports,
				    .profile = profile,
				    .hold_ms = 120000 };
	pair[1] = (struct sim_pbx){ .name = "hq",
				    .host = 2,
				    .transports = transports,
				    .profile = profile,
				    .hold_ms = 120000 };
	sim_init(s, 42);
	sim_load(s, pair, 2);
	sim_run(s, 5000);
}

uint64_t pair_until_switch(struct sim *s, uint8_t host, enum sim_mode mode,
			   uint64_t limit)
{
	uint32_t was = sim_answer(s, 2);
	uint64_t passed = 0;

	sim_mode(s, host, mode);
	while (sim_answer(s, 2) == was && passed < limit) {
		sim_run(s, 1);
		passed++;
	}
	return passed;
}

uint64_t pair_slowest(uint32_t transports, enum profile profile, enum sim_mode mode,
		      unsigned phases)
{
	uint64_t worst = 0;

	for (unsigned phase = 0; phase < phases; phase++) {
		struct sim s;
		uint64_t ms;

		pair_begin(&s, transports, profile);
		sim_run(&s, phase * 37ull);
		ms = pair_until_switch(&s, 1, mode, 20000);
		worst = ms > worst ? ms : worst;
		sim_fini(&s);
	}
	return worst;
}
