#include "conf/listing.h"

#include <assert.h>

/* The ways to choose few of n, which fit 32 bits. */
static uint32_t choose(uint32_t n, unsigned few)
{
	uint64_t ways = 1;

	for (unsigned i = 0; i < few; i++)
		ways = n > i ? ways * (n - i) / (i + 1) : 0;
	return (uint32_t)ways;
}

/* Sets of less than `size` members. */
static uint32_t smaller(unsigned count, unsigned size)
{
	uint32_t sum = 0;

	for (unsigned k = 0; k < size; k++)
		sum += choose(count, k);
	return sum;
}

/* The number of a set of few members: by size, then in the combinatorial number system.
 */
static uint32_t few_number(uint32_t bits, unsigned count)
{
	uint32_t number = smaller(count, (unsigned)__builtin_popcount(bits));

	for (unsigned k = 1; bits; bits &= bits - 1, k++)
		number += choose((uint32_t)__builtin_ctz(bits), k);
	return number;
}

static uint32_t few_bits(uint32_t number, unsigned count)
{
	unsigned size = 0;
	uint32_t bits = 0;

	while (number >= choose(count, size))
		number -= choose(count, size++);
	for (unsigned k = size; k > 0; k--) {
		unsigned at = k - 1;

		while (choose(at + 1, k) <= number)
			at++;
		number -= choose(at, k);
		bits |= 1u << at;
	}
	return bits;
}

static uint32_t all_of(unsigned count)
{
	return (1u << count) - 1;
}

uint32_t listing_count(unsigned count)
{
	assert(count <= LISTING_MAX);
	if (count <= LISTING_WHOLE)
		return 1u << count;
	return 2 * smaller(count, LISTING_FEW + 1);
}

uint32_t listing_number(uint32_t living, unsigned count)
{
	uint32_t dead = all_of(count) & ~living;
	uint32_t first = 0;

	if (count <= LISTING_WHOLE)
		return living;
	if (__builtin_popcount(dead) <= LISTING_FEW)
		return few_number(dead, count);
	for (unsigned k = 0; k < LISTING_FEW && living; k++, living &= living - 1)
		first |= living & -living;
	return smaller(count, LISTING_FEW + 1) + few_number(first, count);
}

uint32_t listing_bits(uint32_t number, unsigned count)
{
	uint32_t half = smaller(count, LISTING_FEW + 1);

	if (count <= LISTING_WHOLE)
		return number;
	return number < half ? all_of(count) & ~few_bits(number, count)
			     : few_bits(number - half, count);
}
