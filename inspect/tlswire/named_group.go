package tlswire

// NamedGroup is a group for key exchange, RFC 8446 section 4.2.7. In TLS 1.2 and
// before it is called NamedCurve.
type NamedGroup uint16

// The groups in use, from the TLS Supported Groups registry.
const (
	GroupSecp256r1 NamedGroup = 0x0017 // RFC 8422 section 5.1.1
	GroupSecp384r1 NamedGroup = 0x0018 // RFC 8422 section 5.1.1
	GroupSecp521r1 NamedGroup = 0x0019 // RFC 8422 section 5.1.1
	GroupX25519    NamedGroup = 0x001d // RFC 8422 section 5.1.1
	GroupX448      NamedGroup = 0x001e // RFC 8422 section 5.1.1
	GroupFFDHE2048 NamedGroup = 0x0100 // RFC 7919 section 2

	GroupSecP256r1MLKEM768  NamedGroup = 0x11eb // draft-ietf-tls-ecdhe-mlkem
	GroupX25519MLKEM768     NamedGroup = 0x11ec // draft-ietf-tls-ecdhe-mlkem
	GroupSecP384r1MLKEM1024 NamedGroup = 0x11ed // draft-ietf-tls-ecdhe-mlkem

	GroupX25519Kyber768Draft00 NamedGroup = 0x6399 // draft-tls-westerbaan-xyber768d00
)

// String returns the group's name in the registry: "x25519", "X25519MLKEM768".
func (g NamedGroup) String() string { return name16(namedGroups, uint16(g)) }

// IsPostQuantum says whether g is safe from quantum computers: ML-KEM, alone or with a
// curve, and the Kyber that it came from.
func (g NamedGroup) IsPostQuantum() bool {
	switch {
	case g >= 0x0200 && g <= 0x0202, g >= 0x11eb && g <= 0x11ee, g == 0x4138, g == 0x6399, g == 0x639a, g >= 0xfe30 && g <= 0xfe33:
		return true
	}
	return false
}

// IsGREASE says whether g is reserved by RFC 8701 to keep peers tolerant.
func (g NamedGroup) IsGREASE() bool { return isGREASE(uint16(g)) }

// namedGroups is the TLS Supported Groups registry, and the drafts that were
// widely deployed before their successors got into it.
var namedGroups = []registered{
	// RFC 8422 section 5.1.1
	{0x0001, "sect163k1"},
	{0x0002, "sect163r1"},
	{0x0003, "sect163r2"},
	{0x0004, "sect193r1"},
	{0x0005, "sect193r2"},
	{0x0006, "sect233k1"},
	{0x0007, "sect233r1"},
	{0x0008, "sect239k1"},
	{0x0009, "sect283k1"},
	{0x000a, "sect283r1"},
	{0x000b, "sect409k1"},
	{0x000c, "sect409r1"},
	{0x000d, "sect571k1"},
	{0x000e, "sect571r1"},
	{0x000f, "secp160k1"},
	{0x0010, "secp160r1"},
	{0x0011, "secp160r2"},
	{0x0012, "secp192k1"},
	{0x0013, "secp192r1"},
	{0x0014, "secp224k1"},
	{0x0015, "secp224r1"},
	{0x0016, "secp256k1"},
	{0x0017, "secp256r1"},
	{0x0018, "secp384r1"},
	{0x0019, "secp521r1"},
	// RFC 7027
	{0x001a, "brainpoolP256r1"},
	{0x001b, "brainpoolP384r1"},
	{0x001c, "brainpoolP512r1"},
	// RFC 8422 section 5.1.1
	{0x001d, "x25519"},
	{0x001e, "x448"},
	// RFC 8734
	{0x001f, "brainpoolP256r1tls13"},
	{0x0020, "brainpoolP384r1tls13"},
	{0x0021, "brainpoolP512r1tls13"},
	// RFC 9189
	{0x0022, "GC256A"},
	{0x0023, "GC256B"},
	{0x0024, "GC256C"},
	{0x0025, "GC256D"},
	{0x0026, "GC512A"},
	{0x0027, "GC512B"},
	{0x0028, "GC512C"},
	// RFC 8998
	{0x0029, "curveSM2"},
	// RFC 7919
	{0x0100, "ffdhe2048"},
	{0x0101, "ffdhe3072"},
	{0x0102, "ffdhe4096"},
	{0x0103, "ffdhe6144"},
	{0x0104, "ffdhe8192"},
	// draft-ietf-tls-mlkem
	{0x0200, "MLKEM512"},
	{0x0201, "MLKEM768"},
	{0x0202, "MLKEM1024"},
	// draft-ietf-tls-ecdhe-mlkem
	{0x11eb, "SecP256r1MLKEM768"},
	{0x11ec, "X25519MLKEM768"},
	{0x11ed, "SecP384r1MLKEM1024"},
	// draft-yang-tls-hybrid-sm2-mlkem
	{0x11ee, "curveSM2MLKEM768"},
	// CECPQ2, an experiment of 2018 to 2021
	{0x4138, "CECPQ2"},
	// draft-tls-westerbaan-xyber768d00, draft-kwiatkowski-tls-ecdhe-kyber
	{0x6399, "X25519Kyber768Draft00"},
	{0x639a, "SecP256r1Kyber768Draft00"},
	// early deployments of Kyber under private numbers
	{0xfe30, "X25519Kyber512Draft00"},
	{0xfe31, "X25519Kyber768Draft00Old"},
	{0xfe32, "P256Kyber768Draft00"},
	// RFC 8422 section 5.1.1
	{0xff01, "arbitrary_explicit_prime_curves"},
	{0xff02, "arbitrary_explicit_char2_curves"},
}
