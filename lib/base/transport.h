/* How messages travel; what each means is said by who uses it: conf's words, SIP's
 * rows. */
#pragma once

enum transport { TRANSPORT_UDP, TRANSPORT_TCP, TRANSPORT_TLS, TRANSPORTS };
