/* What every unit test's main() hands its CUnit tests to: it prints TAP. */
#pragma once

#include <CUnit/CUnit.h>
#include <stddef.h>
#include <stdint.h>

/* Runs all tests of one suite. Returns what main() returns. */
int suite_run(const char *name, CU_TestInfo *tests);

/* Ends the running test as skipped, with its reason; call it before any assertion. */
void skip(const char *reason);

/*
 * A copy of `len` octets that ends where readable memory ends, so one octet read too
 * far is a crash and not a pass. Valid until the eighth call after this one.
 */
const uint8_t *guarded(const void *octets, size_t len);
