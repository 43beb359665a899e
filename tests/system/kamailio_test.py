#!/usr/bin/env python3
"""Third-party PBXs over each transport: Kamailio or baresip as the main one, SIPp as the stand-in."""
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from node import Node
from tap import Test, free_port

NAME, MAIN, STANDBY = "pbx.wildixin.com", "127.0.0.11", "127.0.0.12"

KAMAILIO = """#!KAMAILIO
children=2
tcp_children=2
log_stderror=yes
debug=0
auto_aliases=no
enable_tls=yes
listen=udp:{main}:{port}
listen=tcp:{main}:{port}
listen=tls:{main}:{tls_port}
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
loadmodule "sl.so"
loadmodule "tls.so"
modparam("tls", "tls_method", "TLSv1.2+")
modparam("tls", "certificate", "{folder}/cert.pem")
modparam("tls", "private_key", "{folder}/key.pem")
request_route {{ sl_send_reply("200", "OK"); }}
"""

SIPP = """<?xml version="1.0"?><scenario name="uas"><recv request="OPTIONS"/><send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:];tag=[pid]T[call_number]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send></scenario>
"""


BARESIP = """sip_listen {main}:{port}
audio_player aubridge,nil
audio_source aubridge,nil
module_path /usr/lib/baresip/modules
module account.so
module g711.so
"""


def kamailio(t, port, tls_port):
    path = t.write("kamailio.cfg", KAMAILIO.format(main=MAIN, port=port, tls_port=tls_port, folder=t.scratch))
    return t.spawn(["kamailio", "-DD", "-E", "-m", "64", "-M", "8", "-Y", t.scratch, "-P", t.scratch + "/pid",
                    "-w", t.scratch, "-f", path])


def baresip(t, port, _):
    """It answers OPTIONS to a user that it does not know with 404."""
    folder = t.scratch + "/baresip"
    t.write("baresip/config", BARESIP.format(main=MAIN, port=port))
    t.write("baresip/accounts", f"<sip:pbx@{MAIN}>;regint=0\n")
    t.write("baresip/contacts", "")
    return t.spawn(["baresip", "-4", "-f", folder], env={**os.environ, "HOME": folder})


def sipp(t, port, transport):
    path = t.write("uas.xml", SIPP)
    more = [] if transport == "u1" else ["-max_socket", "100"]
    return t.spawn(["sipp", "-sf", path, "-i", STANDBY, "-p", str(port), "-t", transport, "-nostdin", *more,
                    "-m", "1000000"])


def certificate(t):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "9",
                    "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}", "-keyout", t.scratch + "/key.pem",
                    "-out", t.scratch + "/cert.pem"], check=True, capture_output=True)


def conf(transport, port, tls_port):
    main = f"tls@{tls_port}" if transport == "tls" else f"{transport}@{port}"
    standby = f"{'udp' if transport == 'tls' else transport}@{port}"
    return f"""pbxs:
  - {{ name: main, addresses: [ {MAIN} ], endpoints: [ {main} ], failover: [ standby ], hold: 1s, ca-file: ../cert.pem }}
  - {{ name: standby, addresses: [ {STANDBY} ], endpoints: [ {standby} ], hold: 1s }}
live: [ {{ name: {NAME}, home: main }} ]
"""


def case(t, transport, start=kamailio, program="Kamailio"):
    port, tls_port = free_port(), free_port()
    stand_in = sipp(t, port, "t1" if transport == "tcp" else "u1")
    main = start(t, port, tls_port)
    node = Node(t, conf(transport, port, tls_port), name=f"deputy-{program}-{transport}").start()
    good = t.check(f"{program} over {transport} is the answer while it lives", node.answers([MAIN], NAME),
                   node.answer(NAME), node.said())
    t.kill(main, signal.SIGSTOP)
    t.check(f"SIPp is, once {program} over {transport} hangs", good and node.answers([STANDBY], NAME), node.said())
    t.kill(main, signal.SIGCONT)
    t.check(f"{program} is again, once it goes on over {transport}", good and node.answers([MAIN], NAME), node.said())
    t.kill(main)
    t.check(f"SIPp is, once {program} over {transport} is killed", good and node.answers([STANDBY], NAME), node.said())
    why = node.dig(NAME)
    t.check(f"the reason is told over {transport}", "EDE: 29" in why and "main" in why, why)
    again = start(t, port, tls_port)
    t.check(f"{program} is again, once it is started over {transport}", good and node.answers([MAIN], NAME), node.said())
    for process in (again, stand_in, node.process):
        t.kill(process)


with Test() as t:
    t.need("kamailio", "sipp", "baresip", "openssl", "dig")
    certificate(t)
    for each in ("udp", "tcp", "tls"):
        case(t, each)
    for each in ("udp", "tcp"):
        case(t, each, baresip, "baresip")
