/* One run of `deputy doctor`; used only by cmd/doctor*.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct cli;
struct conf;
struct finding;
struct patient;

enum finding_level { GOOD, NOTE, BAD };

/* Adds a finding. The strings are copied. */
struct finding *report(struct patient *p, enum finding_level verdict, const char *about,
		       const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Why it matters, and what to do about it. */
void why(struct finding *f, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void remedy(struct finding *f, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
const struct conf *patient_conf(const struct patient *p);

/* Returns whether any process of the node runs. */
bool patient_runs(const struct patient *p);

/* Returns whether it may run, but may not be asked by this user. */
bool patient_is_hidden(const struct patient *p);

/* Returns the answer of a process to a command with at most one argument, as JSON
 * owned by the caller, or NULL. */
char *patient_ask(const struct patient *p, const char *socket, const char *command,
		  const char *argument);

/* Each looks at one part; all need a configuration. */
void doctor_names(struct patient *p); /* public DNS */
void doctor_pbxs(struct patient *p);  /* chains, certificates, connections */
void doctor_node(struct patient *p);  /* the running processes */
void doctor_host(struct patient *p);  /* clock, limits, disks, addresses, systemd */
