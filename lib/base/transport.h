/* Transports; their names in a configuration are in conf/, their rows for SIP in
 * lib/sip.
 */
#pragma once

enum transport { TRANSPORT_UDP, TRANSPORT_TCP, TRANSPORT_TLS, TRANSPORTS };
