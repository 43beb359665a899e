#include "tests/dns/rr_rows.h"

#define NAME_A \
 "016107"      \
 "6578616d706c6500" /* a.example. */

/* clang-format off */
const struct rr_example rr_examples[] = {
	{ "A", "192.0.2.1", NULL, "c0000201" },
	{ "A", "0.0.0.0", NULL, "00000000" },
	{ "A", "\\# 4 0a000001", "10.0.0.1", "0a000001" }, /* RFC 3597 5 */
	{ "A", "\\# 4 0a00 0001", "10.0.0.1", "0a000001" },
	{ "NS", "a.example.", NULL, NAME_A },
	{ "NS", "A", "A.example.", "014107" "6578616d706c6500" },
	{ "NS", "@", "example.", "076578616d706c6500" },
	{ "MD", "a", "a.example.", NAME_A },
	{ "MF", "a", "a.example.", NAME_A },
	{ "CNAME", "a", "a.example.", NAME_A },
	{ "SOA", "a a 2026112201 1h 900 1w2d 1m30s", "a.example. a.example. 2026112201 3600 900 777600 90", NULL },
	{ "SOA", "a a\\.b ( 1 2 ; comment\n 3 4\n 5 )", "a.example. a\\.b.example. 1 2 3 4 5", NULL },
	{ "MB", "a", "a.example.", NAME_A },
	{ "MG", "a", "a.example.", NAME_A },
	{ "MR", "a", "a.example.", NAME_A },
	{ "NULL", "\\# 3 0102FF", NULL, "0102ff" },
	{ "NULL", "\\# 0", NULL, "" },
	{ "WKS", "192.0.2.1 tcp smtp 80", "192.0.2.1 6 25 80", "c000020106" "0000004000000000000080" },
	{ "WKS", "192.0.2.1 egp ident", "192.0.2.1 8 113", "c000020108" "0000000000000000000000000000" "40" },
	{ "WKS", "192.0.2.1 TCP (telnet imaps submission ldap kerberos)", "192.0.2.1 6 23 88 389 587 993", NULL },
	{ "WKS", "192.0.2.1 17 53", NULL, "c000020111" "00000000000004" },
	{ "PTR", "a", "a.example.", NAME_A },
	{ "HINFO", "PDP-11 \"UNIX V7\"", "\"PDP-11\" \"UNIX V7\"", "065044502d313107554e4958205637" },
	{ "MINFO", "a .", "a.example. .", NAME_A "00" },
	{ "MX", "10 a", "10 a.example.", "000a" NAME_A },
	{ "TXT", "\"a b\" c \"\"", "\"a b\" \"c\" \"\"", "0361206201" "6300" },
	{ "TXT", "a\"b\"c", "\"a\" \"b\" \"c\"", "016101620163" },
	{ "TXT", "\"\\\"\\\\\\000\\255\\;;\"", "\"\\\"\\\\\\000\\255;;\"", "06225c00ff3b3b" },
	{ "TXT", "a\\032b\\;c", "\"a b;c\"", "056120623b63" },
	{ "RP", "a .", "a.example. .", NAME_A "00" },
	{ "AFSDB", "1 a", "1 a.example.", "0001" NAME_A },
	{ "X25", "\"311061700956\"", NULL, "0c333131303631373030393536" },
	{ "ISDN", "150862028003217", "\"150862028003217\"", NULL }, /* RFC 1183 3.2 */
	{ "ISDN", "\"150862028003217\" \"004\"", NULL, "0f31353038363230323830303332313703" "303034" },
	{ "RT", "10 a", "10 a.example.", "000a" NAME_A },
	{ "NSAP", "0x47.0005.80.005a00.0000.0001.e133.ffffff000162.00", "0x47000580005A0000000001E133FFFFFF00016200", NULL }, /* RFC 1706 */
	{ "NSAP-PTR", "a", "a.example.", NAME_A },
	{ "SIG", "A 1 3 3600 20260101000000 20251201000000 2143 a AIYADP8d", "A 1 3 3600 20260101000000 20251201000000 2143 a.example. AIYADP8d", NULL },
	{ "KEY", "256 3 RSASHA1 AQPS", "256 3 5 AQPS", "01000305" "0103d2" },
	{ "KEY", "49152 3 0", NULL, "c0000300" },
	{ "PX", "10 a a", "10 a.example. a.example.", "000a" NAME_A NAME_A },
	{ "GPOS", "-32.6882 116.8652 10.0", "\"-32.6882\" \"116.8652\" \"10.0\"", "082d33322e36383832083131362e383635320431302e30" }, /* RFC 1712 */
	{ "AAAA", "2001:db8::1", NULL, "20010db8000000000000000000000001" },
	{ "AAAA", "::ffff:192.0.2.1", "::ffff:c000:201", "00000000000000000000ffffc0000201" },
	{ "AAAA", "::", NULL, "00000000000000000000000000000000" },
	{ "AAAA", "1:0:0:2:0:0:0:3", "1:0:0:2::3", NULL },
	{ "AAAA", "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0", NULL },
	/* RFC 1876 3 and appendix */
	{ "LOC", "42 21 54 N 71 06 18 W -24m 30m", "42 21 54.000 N 71 6 18.000 W -24.00m 30.00m 10000.00m 10.00m", "003316138917" "2dd0" "70be15f0" "00988d20" },
	{ "LOC", "42 21 43.952 N 71 5 6.344 W -24m 1m 200m", "42 21 43.952 N 71 5 6.344 W -24.00m 1.00m 200.00m 10.00m", NULL },
	{ "LOC", "32 S 116 E 10", "32 0 0.000 S 116 0 0.000 E 10.00m 1.00m 10000.00m 10.00m", NULL },
	{ "LOC", "90 N 180 W -100000 0 0 0.05", "90 0 0.000 N 180 0 0.000 W -100000.00m 0.00m 0.00m 0.05m", NULL },
	{ "NXT", "a A NS SOA NXT", "a.example. A NS SOA NXT", NAME_A "62000002" },
	{ "EID", "e32c6f78163a9348", "E32C6F78163A9348", NULL },
	{ "NIMLOC", "32251a030067", "32251A030067", "32251a030067" },
	{ "SRV", "0 5 5060 a", "0 5 5060 a.example.", "0000000513c4" NAME_A },
	{ "ATMA", "+61200000000", NULL, "013631323030303030303030" },
	{ "ATMA", "39.246f.0123456789abcdef0123456789abcdef01", "39246F0123456789ABCDEF0123456789ABCDEF01", NULL },
	{ "NAPTR", "100 50 \"s\" \"SIP+D2U\" \"\" _sip._udp", "100 50 \"s\" \"SIP+D2U\" \"\" _sip._udp.example.", NULL },
	{ "NAPTR", "100 10 u E2U+sip \"!^.*$!sip:a@example.com!\" .", "100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:a@example.com!\" .", NULL },
	{ "KX", "10 a", "10 a.example.", "000a" NAME_A },
	{ "CERT", "PGP 0 0 AQID", "3 0 0 AQID", "000300000" "0010203" },
	{ "CERT", "254 65535 RSASHA256 ( AQ ID )", "254 65535 8 AQID", "00feffff08010203" },
	{ "A6", "0 2001:db8::1", NULL, "0020010db8000000000000000000000001" },
	{ "A6", "64 ::1 a", "64 ::1 a.example.", "400000000000000001" NAME_A },
	{ "A6", "128 a", "128 a.example.", "80" NAME_A },
	{ "DNAME", "a", "a.example.", NAME_A },
	{ "SINK", "64 1 0 AQID", NULL, "400100010203" },
	{ "APL", "1:192.168.32.0/21 !1:192.168.38.0/28", NULL, "00011503c0a82000011c83c0a826" }, /* RFC 3123 5 */
	{ "APL", "2:ff00::/8", "2:ff00::/8", "00020801ff" },
	{ "APL", "1:0.0.0.0/0 2:2001:db8::/32", NULL, "00010000" "00022004" "20010db8" },
	{ "APL", "", NULL, "" },
	{ "DS", "60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118", NULL, NULL }, /* RFC 4034 5.4 */
	{ "DS", "60485 RSASHA1 1 ( 2BB183AF5F22588179A53B0A\n98631FAD1A292118 )", "60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118", NULL },
	{ "SSHFP", "2 1 123456789abcdef67890123456789abcdef67890", "2 1 123456789ABCDEF67890123456789ABCDEF67890", NULL }, /* RFC 4255 3.2 */
	/* RFC 4025 3.2 */
	{ "IPSECKEY", "10 1 2 192.0.2.38 AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==", NULL, NULL },
	{ "IPSECKEY", "10 0 2 . AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==", NULL, NULL },
	{ "IPSECKEY", "10 3 2 a AQID", "10 3 2 a.example. AQID", "0a0302" NAME_A "010203" },
	{ "IPSECKEY", "10 2 2 2001:db8:0:8002::2000:1 AQID", "10 2 2 2001:db8:0:8002::2000:1 AQID", "0a0202" "20010db8000080020000000020000001" "010203" },
	{ "IPSECKEY", "10 0 0 .", NULL, "0a0000" },
	{ "RRSIG", "A 5 3 86400 20030322173103 ( 20030220173103 2642 example.com.\noJB1W6WNGv+ldvQ3WDG0MQkg5IEhjRip8WTr )", "A 5 3 86400 20030322173103 20030220173103 2642 example.com. oJB1W6WNGv+ldvQ3WDG0MQkg5IEhjRip8WTr", NULL },
	{ "RRSIG", "TYPE65280 13 0 4294967295 4294967295 0 0 . AA==", "TYPE65280 13 0 4294967295 21060207062815 19700101000000 0 . AA==", NULL },
	{ "NSEC", "host.example.com. A MX RRSIG NSEC TYPE1234", NULL, "04686f7374076578616d706c6503636f6d00" "0006400100000003" "041b000000000000000000000000000000000000000000000000000020" }, /* RFC 4034 4.3 */
	{ "NSEC", "\\000.a NXNAME CAA", "\\000.a.example. NXNAME CAA", NULL },
	{ "DNSKEY", "256 3 5 AQPSKmynfzW4kyBv015MUG2DeIQ3", "256 3 5 AQPSKmynfzW4kyBv015MUG2DeIQ3", NULL },
	{ "DNSKEY", "257 3 ECDSAP256SHA256 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==", "257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==", NULL },
	{ "DHCID", "AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=", NULL, NULL }, /* RFC 4701 3.6.1 */
	{ "NSEC3", "1 1 12 aabbccdd 2vptu5timamqttgl4luu9kg21e0aor3s A RRSIG", "1 1 12 AABBCCDD 2VPTU5TIMAMQTTGL4LUU9KG21E0AOR3S A RRSIG", NULL }, /* RFC 5155 A */
	{ "NSEC3", "1 0 0 - 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR", NULL, NULL },
	{ "NSEC3PARAM", "1 0 12 AABBCCDD", NULL, "0100000c04aabbccdd" },
	{ "NSEC3PARAM", "1 0 0 -", NULL, "0100000000" },
	{ "TLSA", "0 0 1 d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971", "0 0 1 D2ABDE240D7CD3EE6B4B28C54DF034B97983A1D16E8A410E4561CB106618E971", NULL }, /* RFC 6698 2.3 */
	{ "SMIMEA", "3 1 0 00ff", "3 1 0 00FF", "03010000ff" },
	{ "HIP", "2 200100107B1A74DF365639CC39F1D578 AwEAAbdxyhNuSutc5EMzxTs9LBPCIkOFH8cIvM4p9+LrV4e19WzK00+CI6zBCQTdtWsuxKbWIy87UOoJTwkUs7lBu+Upr1gsNrut79ryra+bSRGQb1slImA8YVJyuIDsj7kwzG7jnERNqnWxZ48AWkskmdHaVDP4BcelrTI3rMXdXF5D rvs", "2 200100107B1A74DF365639CC39F1D578 AwEAAbdxyhNuSutc5EMzxTs9LBPCIkOFH8cIvM4p9+LrV4e19WzK00+CI6zBCQTdtWsuxKbWIy87UOoJTwkUs7lBu+Upr1gsNrut79ryra+bSRGQb1slImA8YVJyuIDsj7kwzG7jnERNqnWxZ48AWkskmdHaVDP4BcelrTI3rMXdXF5D rvs.example.", NULL }, /* RFC 8005 6 */
	{ "HIP", "2 0102 AQID", NULL, "020200030102010203" },
	{ "NINFO", "\"zone status\"", NULL, NULL },
	{ "RKEY", "0 255 1 AQID", NULL, "0000ff01010203" },
	{ "TALINK", "a .", "a.example. .", NAME_A "00" },
	{ "CDS", "0 0 0 00", NULL, "0000000000" }, /* RFC 8078 4 */
	{ "CDNSKEY", "0 3 0 AA==", NULL, "0000030000" },
	{ "OPENPGPKEY", "mQINBFit2jsBEADrbl5vjVxYeAE0g0IDYCBpHirv1Sjlqxx5", NULL, NULL },
	{ "CSYNC", "66 3 A NS AAAA", NULL, "0000004200030004600000" "08" }, /* RFC 7477 2.1 */
	{ "ZONEMD", "2018031500 1 1 FEBE3D4CE2EC2FFA4BA99D46CD69D6D29711E55217057BEE7EB1A7B641A47BA7FED2DD5B97AE499FAFA4F22C6BD647DE", NULL, NULL },
	{ "ZONEMD", "7 240 1 FEBE3D4CE2EC2FFA4BA99D46", NULL, NULL },
	{ "ZONEMD", "2018031900 1 240 e2d523f654b9422a96c5a8f44607bbee", "2018031900 1 240 E2D523F654B9422A96C5A8F44607BBEE", NULL },
	/* RFC 9460 appendix D */
	{ "SVCB", "0 foo.example.com.", NULL, "000003666f6f076578616d706c6503636f6d00" },
	{ "SVCB", "1 .", NULL, "000100" },
	{ "SVCB", "16 foo.example.com. port=53", "16 foo.example.com. port=\"53\"", "001003666f6f076578616d706c6503636f6d00000300020035" },
	{ "SVCB", "1 foo.example.com. key667=hello", "1 foo.example.com. key667=\"hello\"", "000103666f6f076578616d706c6503636f6d00029b000568656c6c6f" },
	{ "SVCB", "1 foo.example.com. key667=\"hello\\210qoo\"", NULL, "000103666f6f076578616d706c6503636f6d00029b000968656c6c6fd2716f6f" },
	{ "SVCB", "1 foo.example.com. ( ipv6hint=\"2001:db8::1,2001:db8::53:1\" )", "1 foo.example.com. ipv6hint=\"2001:db8::1,2001:db8::53:1\"", "000103666f6f076578616d706c6503636f6d000006002020010db800000000000000000000000120010db8000000000000000000530001" },
	{ "SVCB", "1 example.com. ( ipv6hint=\"2001:db8:122:344::192.0.2.33\" )", "1 example.com. ipv6hint=\"2001:db8:122:344::c000:221\"", "0001076578616d706c6503636f6d000006001020010db80122034400000000c0000221" },
	{ "SVCB", "16 foo.example.org. ( alpn=h2,h3-19 mandatory=ipv4hint,alpn\n ipv4hint=192.0.2.1 )", "16 foo.example.org. mandatory=\"alpn,ipv4hint\" alpn=\"h2,h3-19\" ipv4hint=\"192.0.2.1\"", "001003666f6f076578616d706c65036f72670000000004000100040001000902683205" "68332d3139" "00040004c0000201" },
	{ "SVCB", "16 foo.example.org. alpn=\"f\\\\\\\\oo\\\\,bar,h2\"", NULL, "001003666f6f076578616d706c65036f726700" "0001000c08665c6f6f2c626172026832" },
	{ "SVCB", "16 foo.example.org. alpn=f\\\\\\092oo\\092,bar,h2", "16 foo.example.org. alpn=\"f\\\\\\\\oo\\\\,bar,h2\"", "001003666f6f076578616d706c65036f726700" "0001000c08665c6f6f2c626172026832" },
	{ "HTTPS", "1 . alpn=h2 no-default-alpn", "1 . alpn=\"h2\" no-default-alpn", "000100" "0001" "0003" "026832" "0002" "0000" },
	{ "SVCB", "1 a alpn=h2 dohpath=/dns-query{?dns}", "1 a.example. alpn=\"h2\" dohpath=\"/dns-query{?dns}\"", NULL }, /* RFC 9461 */
	{ "HTTPS", "1 . ohttp", NULL, "000100" "00080000" }, /* RFC 9540 4 */
	{ "HTTPS", "1 . ech=AQID", "1 . ech=\"AQID\"", "000100" "00050003010203" },
	{ "SVCB", "1 . tls-supported-groups=29,23", "1 . tls-supported-groups=\"29,23\"", "000100" "00090004001d0017" },
	{ "SVCB", "1 . key65534", NULL, "000100" "fffe0000" },
	{ "DSYNC", "CDS NOTIFY 5359 cds-scanner.example.net.", NULL, "003b0114ef" "0b6364732d7363616e6e6572076578616d706c65036e657400" }, /* RFC 9859 2.2 */
	{ "DSYNC", "CSYNC 2 53 a", "CSYNC 2 53 a.example.", "003e020035" NAME_A },
	{ "HHIT", "gwppM2ZmOCAwMDBYIAEA", NULL, NULL },
	{ "BRID", "owAAAYIEWB5JRVRGX0RSSVA=", NULL, NULL },
	{ "SPF", "\"v=spf1 -all\"", NULL, NULL },
	{ "NID", "10 0014:4fff:ff20:ee64", NULL, "000a00144fffff20ee64" }, /* RFC 6742 2.1.3 */
	{ "L32", "10 10.1.2.0", NULL, "000a0a010200" },
	{ "L64", "10 2001:db8:1140:1000", "10 2001:0db8:1140:1000", "000a20010db811401000" },
	{ "LP", "10 a", "10 a.example.", "000a" NAME_A },
	{ "EUI48", "00-00-5e-00-53-2a", NULL, "00005e00532a" }, /* RFC 7043 3.2 */
	{ "EUI64", "00-00-5e-ef-10-00-00-2a", NULL, "00005eef1000002a" },
	{ "URI", "10 1 \"ftp://ftp1.example.com/public\"", NULL, NULL }, /* RFC 7553 4.5 */
	{ "CAA", "0 issue \"ca1.example.net; account=230123\"", NULL, NULL }, /* RFC 8659 */
	{ "CAA", "128 tbs \"\"", NULL, "8003746273" },
	{ "CAA", "0 iodef mailto:a@example.com", "0 iodef \"mailto:a@example.com\"", NULL },
	{ "AVC", "\"app-name:WOLFGANG|app-class:OAM|business=yes\"", NULL, NULL },
	{ "DOA", "0 1 2 \"\" aHR0cHM6Ly93d3cuaXNjLm9yZy8=", NULL, NULL },
	{ "DOA", "1234567890 1234567890 1 \"image/gif\" -", NULL, NULL },
	/* RFC 8777 4.3.2 */
	{ "AMTRELAY", "10 0 1 203.0.113.15", NULL, "0a01cb00710f" },
	{ "AMTRELAY", "10 0 2 2001:db8::15", NULL, "0a0220010db8000000000000000000000015" },
	{ "AMTRELAY", "128 1 3 amtrelays.example.com.", NULL, "808309616d7472656c617973076578616d706c6503636f6d00" },
	{ "AMTRELAY", "0 1 0 .", NULL, "0080" },
	{ "RESINFO", "qnamemin exterr=15-17 infourl=https://resolver.example.com/guide", "\"qnamemin\" \"exterr=15-17\" \"infourl=https://resolver.example.com/guide\"", NULL }, /* RFC 9606 7 */
	{ "WALLET", "\"BTC\" \"abc\"", NULL, NULL },
	{ "CLA", "\"TCP-1\"", NULL, NULL },
	{ "IPN", "18446744073709551615", NULL, "ffffffffffffffff" },
	{ "TA", "0 8 2 49AAC11D7B6F6446702E54A1607371607A1A41855200FD2CE1CDDE32F24E8FB5", NULL, NULL },
	{ "DLV", "60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118", NULL, NULL },
	{ "TYPE65280", "\\# 3 abCDef", "\\# 3 ABCDEF", "abcdef" },
	{ "TYPE62347", "\\# 0", NULL, "" },
};
/* clang-format on */

const size_t rr_example_count = sizeof(rr_examples) / sizeof(*rr_examples);
