"""Good configurations of deputy and of its peers, with marks where bench/planted plants errors. See there for the marks."""

DEPUTY = """\
«s|node»:
  «k|name»: n1
  «k|listen»: [ «a|127.0.0.1»@«o|5353» ]
  «k|workers»: «u|2»
  «k|udp-payload»: «u|1232»
  «k|user»: root
  «k|tcp»: { «k|idle»: «d|10s», «k|connections»: «u|1000» }
«s|access»:
  «k|query»: [ local, «p|192.0.2.0/24» ]
  «k|recursion»: «w={ local: yes }|[ local ]»
«s|recursion»:
  «k|forwarders»: [ «a|198.51.100.1» ]
  «k|validate»: «v|yes»
  «k|inside»: [ corp.example ]
  «k|cache»: «u|64»
«s|pbxs»:
  - «k|name»: main
    «k|addresses»: [ «a|192.0.2.10» ]
    «k|endpoints»: [ «v|tls»@«o|443», «v|udp»@«o|5060» ]
    «k|failover»: [ «r|standby» ]
    «k|profile»: «v|fast»
    «k|hold»: «d|2m»
    «k|witness»: «a|192.0.2.1»
    «k|witness-lost»: «v|switch»
    «k|probe»: { «k|pace»: «d|60ms», «k|lost»: «u|3» }
  - name: «n=main|standby»
«m|    addresses: [ 198.51.100.5 ]
»    endpoints: «w=12|[ tls@443 ]»
    «k|fail-back»: «v|manual»
    «k|server-name»: standby.example.com
«s|sites»:
  - name: berlin
    «k|networks»: [ «p|10.1.0.0/16» ]
    «k|pbx»: «r|main»
  - name: «n=berlin|milan»
    networks: [ «l=10.1.0.0/16|10.2.0.0/16» ]
«m|    pbx: standby
»«s|live»:
  - name: pbx.example.org
    «k|answer»: «v|site»
    «k|default»: «r|standby»
    «k|ttl»: «d|10s»
    «k|needs»: [ «v|tls» ]
    «k|all-down»: «v|first»
  - { name: «n=pbx.example.org|auto.example.org», «k|home»: «r|main»,«c= default: main,| » ttl: 5s «q|}»
«s|hosts»: { printer.lan: [ «a|10.1.0.9» «q|]» }
«s|zones»:
  - name: example.com
    «k|file»: «f|example.com.zone»«t= }|»
  - { name: example.net«m|, file: example.net.zone» }
«s|on-switch»: [ { «k|exec»: «w={ a: b }|/bin/true», «k|timeout»: «d|5s», «k|tries»: «u|3» } ]
«s|resolvers»: [ «a|192.0.2.53» ]
«s|diagnostics»: [ «v|local» ]
"""

UNBOUND = """\
«s|server»:
    «k|interface»: «a|127.0.0.1»
    «k|port»: «o|5353»
    «k|num-threads»: «u|2»
    «k|access-control»: «p|127.0.0.0/8» «v|allow»
    «k|access-control»: «p|10.0.0.0/8» «v|deny»
    «k|msg-cache-size»: «u|4m»
    «k|rrset-cache-size»: «u|8m»
    «k|cache-max-ttl»: «d|86400»
    «k|edns-buffer-size»: «u|1232»
    «k|do-ip6»: «v|yes»
    «k|prefetch»: «v|yes»
    «k|verbosity»: «u|1»
    «k|private-address»: «p|172.16.0.0/12»
    «k|outgoing-interface»: «a|127.0.0.1»
    «k|local-zone»: "corp.example." «v|static»
    «k|local-data»: "host.corp.example. A «a|192.0.2.1»"
    «k|local-data-ptr»: "«a|192.0.2.1» host.corp.example"
    «k|module-config»: "«v|iterator»"
    «k|username»: ""
    «k|chroot»: ""
    «k|directory»: "."
    «k|root-hints»: "«f|hints»"
    «k|define-tag»: "blue"
    «k|access-control-tag»: 10.1.0.0/16 "«r|blue»"
    «k|access-control-view»: 10.2.0.0/16 «r|inner»
    «k|log-queries»: «v|no»
    «k|jostle-timeout»: «d|200»
«s|remote-control»:
    «k|control-enable»: «v|no»
    «k|control-interface»: «a|127.0.0.1»
«s|stub-zone»:
    «k|name»: "stub.example."
    «k|stub-addr»: «a|192.0.2.2»
    «k|stub-prime»: «v|no»
stub-zone:
    name: "«n=stub.example.|other.example.»"
«m|    stub-addr: 192.0.2.8
»«s|forward-zone»:
    «k|name»: "fwd.example."
    «k|forward-addr»: «a|192.0.2.3»@«o|5300»
    «k|forward-first»: «w=192.0.2.9|yes»
forward-zone:
    name: "«c=stub.example.|fwd2.example.»"
    forward-addr: 192.0.2.4«t= }|»
«s|auth-zone»:
    «k|name»: "example.com."
    «k|zonefile»: "«f|example.com.zone»"
    «k|for-upstream»: «v|no»
«s|view»:
«m|    name: "inner"
»    «k|view-first»: «v|yes»
    local-zone: "in.example." static
    local-data: 'x.in.example. A 192.0.2.77«q|'»
view:
    name: "«n=inner|outer»"
"""

NAMED = """\
«s|acl» "inside" { «p|10.0.0.0/8»; «a|127.0.0.1»; };
«s|options» {
    «k|directory» ".";
    «k|listen-on» port «o|5353» { «a|127.0.0.1»; };
    «k|allow-query» { «r|inside»; };
    «k|allow-recursion» { «p|192.0.2.0/24»; «r|inside»; };
    «k|recursion» «v|yes»;
    «k|max-cache-size» «u|64m»;
    «k|max-cache-ttl» «d|86400»;
    «k|edns-udp-size» «u|1232»;
    «k|tcp-clients» «u|100»;
    «k|tcp-idle-timeout» «d|100»;
    «k|forward» «v|only»;
    «k|forwarders» { «a|192.0.2.3» port «o|5300»; };
    «k|dnssec-validation» «v|no»;
    «k|notify» «v|explicit»;
    «k|minimal-responses» «v|yes»;
    «k|check-names» primary «v|warn»;
    «k|rrset-order» { order «v|cyclic»; };
    «k|query-source» address «a|127.0.0.1»;
    «k|empty-zones-enable» «v|no»;
    «k|max-ncache-ttl» «d|3600»;
};
«s|key» "k1" { «k|algorithm» «v|hmac-sha256»; «k|secret» "c2VjcmV0c2VjcmV0c2VjcmV0«q|"»; };
key "«n=k1|k2»" { algorithm hmac-sha256; «m|secret "c2VjcmV0c2VjcmV0c2VjcmV0";» };
«s|server» «a|192.0.2.9» { «k|keys» { «r|k1»; }; «k|edns» «w=192.0.2.1|yes»; };
«s|logging» {
    «k|channel» c1 { «k|file» "x.log" «k|versions» «u|3» «k|size» «u|1m»; «k|severity» «v|info»; };
    «k|category» «v|queries» { «r|c1»; };
};
«s|controls» { «k|inet» «a|127.0.0.1» port «o|9953» allow { «p|127.0.0.0/8»; } keys { «r|k1»; }; };
«s|zone» "example.com" {
    «k|type» «v|primary»;
    «k|file» "«f|example.com.zone»";
    «k|allow-transfer» { key «r|k1»; };
    «k|also-notify» { «a|192.0.2.7»; };
«q|}»;
zone "«n=example.com|example.net»" {
    type «c=primary|secondary»;
    «k|primaries» { «a|192.0.2.7»; };
    «k|max-refresh-time» «d|3600»;
};
zone "example.org" {
    type secondary;
«m|    primaries { 192.0.2.7; };
»    file "«l=x.log|example.org.zone»";
};
zone "example.info" { type primary; «m|file "example.com.zone";» }«t= }|»;
«s|statistics-channels» { inet 127.0.0.1 port «o|9954» allow { 127.0.0.1; }; };
«s|primaries» "up" { «a|192.0.2.99»; };
"""

KNOT = """\
«s|server»:
    «k|listen»: «a|127.0.0.1»@«o|5353»
    «k|rundir»: "."
    «k|udp-workers»: «u|2»
    «k|tcp-workers»: «u|2»
    «k|tcp-idle-timeout»: «d|10»
    «k|tcp-max-clients»: «u|100»
    «k|udp-max-payload»: «u|1232»
    «k|nsid»: "n1"
    «k|answer-rotation»: «v|on»
«s|log»:
  - target: stderr
    «k|any»: «v|info»
    «k|zone»: «v|warning»
«s|database»:
    «k|storage»: "."
«s|key»:
  - id: k1
    «k|algorithm»: «v|hmac-sha256»
    «k|secret»: c2VjcmV0c2VjcmV0c2VjcmV0
  - id: «n=k1|k2»
    algorithm: hmac-sha256
«m|    secret: c2VjcmV0c2VjcmV0c2VjcmV0
»«s|remote»:
  - id: r1
    «k|address»: «a|192.0.2.7»@«o|53»
    «k|via»: «a|127.0.0.1»
    «k|key»: «r|k1»
  - id: «n=r1|r2»
«m|    address: 192.0.2.8
»«s|acl»:
  - id: a1
    «k|address»: [ «p|10.0.0.0/8», «a|192.0.2.7» ]
    «k|key»: «r|k1»
    «k|action»: «v|transfer»
    «k|deny»: «w=192.0.2.1|off»
«s|submission»:
  - id: s1
    «k|parent»: «r|r1»
    «k|check-interval»: «d|60»
«s|policy»:
  - id: p1
    «k|algorithm»: «v|ecdsap256sha256»
    «k|ksk-size»: «u|256»
    «k|zsk-lifetime»: «d|30d»
    «k|nsec3»: «v|on»
    «k|nsec3-iterations»: «u|0»
    «k|rrsig-lifetime»: «d|14d»
    «k|rrsig-refresh»: «c=20d|7d»
    «k|ksk-submission»: «r|s1»
    «k|signing-threads»: «u|2»
«s|template»:
  - id: default
    «k|storage»: "."
    «k|semantic-checks»: «v|on»
    «k|zonefile-sync»: «d|1h»
«s|zone»:
  - domain: example.com
    «k|file»: "«f|example.com.zone»"
    «k|acl»: [ «r|a1» «q|]»
    «k|notify»: «r|r1»
    «k|journal-content»: «v|changes»
  - domain: «n=example.com|example.net»
    «k|master»: «r|r1»
    «k|dnssec-signing»: «v|on»
    «k|dnssec-policy»: «r|p1»
    «k|template»: «r|default»
    «k|zonefile-load»: «v|none»
    «k|journal-max-usage»: «u|20M»
  - domain: "example.org«q|"»
    «k|refresh-max-interval»: «d|1h»
    file: example.org.zone«t= }|»
"""

NSD = """\
«s|server»:
    «k|ip-address»: «a|127.0.0.1»@«o|5353»
    «k|port»: «o|5353»
    «k|server-count»: «u|1»
    «k|tcp-count»: «u|100»
    «k|tcp-timeout»: «d|120»
    «k|ipv4-edns-size»: «u|1232»
    «k|do-ip6»: «v|yes»
    «k|hide-version»: «v|no»
    «k|minimal-responses»: «v|yes»
    «k|refuse-any»: «v|yes»
    «k|verbosity»: «u|1»
    «k|username»: ""
    «k|zonesdir»: "."
    «k|pidfile»: ""
    «k|database»: ""
    «k|xfrd-reload-timeout»: «d|1»
    «k|round-robin»: «v|no»
    «k|statistics»: «u|60»
    «k|nsid»: "ascii_n1"
    «k|identity»: "n1"
«s|remote-control»:
    «k|control-enable»: «v|no»
    «k|control-interface»: «a|127.0.0.1»
    «k|control-port»: «o|8952»
«s|key»:
    «k|name»: "k1"
    «k|algorithm»: «v|hmac-sha256»
    «k|secret»: "c2VjcmV0c2VjcmV0c2VjcmV0«q|"»
key:
    name: "«n=k1|k2»"
    algorithm: hmac-sha256
«m|    secret: "c2VjcmV0c2VjcmV0c2VjcmV0"
»«s|pattern»:
    «k|name»: "pat1"
    «k|request-xfr»: «a|192.0.2.7» «r|k1»
    «k|allow-notify»: «a|192.0.2.7» «r|k1»
    «k|provide-xfr»: «p|10.0.0.0/8» «r|k1»
    «k|notify-retry»: «u|3»
    «k|max-refresh-time»: «d|3600»
pattern:
    name: "«n=pat1|pat2»"
    «k|notify»: «a|192.0.2.8»@«o|53» «v|NOKEY»
    «k|outgoing-interface»: «a|127.0.0.1»
«s|zone»:
    «k|name»: "example.com"
    «k|zonefile»: "«f|example.com.zone»"
    «k|include-pattern»: "«r|pat1»"
zone:
    name: "«n=example.com|example.net»"
«m|    zonefile: "example.com.zone"
»    «k|include-pattern»: "«r|pat2»"
    «k|allow-axfr-fallback»: «w=192.0.2.1|yes»
    «k|min-retry-time»: «d|60»«t= }|»
"""

GDNSD = """\
«s|options» => {
  «k|listen» => [ «a|127.0.0.1»:«o|5353» «q|]»
  «k|zones_default_ttl» => «d|3600»
  «k|udp_threads» => «u|2»
  «k|tcp_threads» => «u|2»
  «k|tcp_timeout» => «d|37»
  «k|max_edns_response» => «u|1232»
  «k|edns_client_subnet» => «v|true»
  «k|disable_text_autosplit» => «v|false»
  «k|lock_mem» => «w=[ 1, 2 ]|false»
  «k|nsid_ascii» => "n1"
  «k|max_ttl» => «d|86400»
}
«s|service_types» => {
  web => {
    «k|plugin» => «v|tcp_connect»
    «k|port» => «o|80»
    «k|interval» => «d|5»
    «k|timeout» => «d|3»
    «k|up_thresh» => «u|20»
    «k|down_thresh» => «u|10»
  }
  «n=web|sip» => {
    plugin => tcp_connect
«m|    port => 5060
»    interval => 5
    timeout => «c=9|3»
  }
}
«s|plugins» => {
  «v|simplefo» => {
    pbx => { «k|primary» => «a|192.0.2.10» «k|secondary» => «a|198.51.100.5» «k|service_types» => «r|web» }
    auto => { «m|primary => 192.0.2.11» secondary => 198.51.100.6 service_types => «r|sip» «q|}»
  }
  «v|multifo» => {
    many => { a => «a|192.0.2.20», b => «a|192.0.2.21», «k|service_types» => «r|web», «k|up_thresh» => «u|0.5» }
  }«t= }|»
}
"""
