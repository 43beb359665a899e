/* A PBX that answers OPTIONS on a loop: over UDP and TCP, on one port of 127.0.0.1. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct responder;

/* status  of its answers; NULL is returned when no port can be had */
struct responder *responder_new(struct loop *l, uint16_t status);
uint16_t responder_port(const struct responder *r);
void responder_status(struct responder *r, uint16_t status);
uint64_t responder_count(const struct responder *r); /* requests answered */

/* Closes everything: datagrams are refused, connections reset. */
void responder_free(struct responder *r);
