package tlswire

// SignatureScheme is a way to sign, RFC 8446 section 4.2.3. In TLS 1.2 it is a
// pair of a hash and a signature algorithm, RFC 5246 section 7.4.1.4.1; the
// values are the same.
type SignatureScheme uint16

// The schemes in use, RFC 8446 section 4.2.3.
const (
	SchemeRSAPKCS1SHA1         SignatureScheme = 0x0201
	SchemeECDSASHA1            SignatureScheme = 0x0203
	SchemeRSAPKCS1SHA256       SignatureScheme = 0x0401
	SchemeECDSASecp256r1SHA256 SignatureScheme = 0x0403
	SchemeRSAPKCS1SHA384       SignatureScheme = 0x0501
	SchemeECDSASecp384r1SHA384 SignatureScheme = 0x0503
	SchemeRSAPKCS1SHA512       SignatureScheme = 0x0601
	SchemeECDSASecp521r1SHA512 SignatureScheme = 0x0603
	SchemeRSAPSSRSAESHA256     SignatureScheme = 0x0804
	SchemeRSAPSSRSAESHA384     SignatureScheme = 0x0805
	SchemeRSAPSSRSAESHA512     SignatureScheme = 0x0806
	SchemeEd25519              SignatureScheme = 0x0807
	SchemeEd448                SignatureScheme = 0x0808
	SchemeRSAPSSPSSSHA256      SignatureScheme = 0x0809
	SchemeRSAPSSPSSSHA384      SignatureScheme = 0x080a
	SchemeRSAPSSPSSSHA512      SignatureScheme = 0x080b
)

// String returns the scheme's name in the registry: "ecdsa_secp256r1_sha256".
func (s SignatureScheme) String() string { return name16(signatureSchemes, uint16(s)) }

// IsGREASE says whether s is reserved by RFC 8701 to keep peers tolerant.
func (s SignatureScheme) IsGREASE() bool { return isGREASE(uint16(s)) }

// signatureSchemes is the TLS SignatureScheme registry, and the pairs of TLS 1.2
// (RFC 5246 section 7.4.1.4.1) that it keeps reserved without a name.
var signatureSchemes = []registered{
	// pairs of RFC 5246: MD5, SHA-1, SHA-224
	{0x0101, "rsa_pkcs1_md5"},
	{0x0102, "dsa_md5"},
	{0x0103, "ecdsa_md5"},
	{0x0201, "rsa_pkcs1_sha1"}, // RFC 8446
	{0x0202, "dsa_sha1"},
	{0x0203, "ecdsa_sha1"}, // RFC 8446
	{0x0301, "rsa_pkcs1_sha224"},
	{0x0302, "dsa_sha224"},
	{0x0303, "ecdsa_sha224"},
	// RFC 8446, and pairs of RFC 5246 with DSA
	{0x0401, "rsa_pkcs1_sha256"},
	{0x0402, "dsa_sha256"},
	{0x0403, "ecdsa_secp256r1_sha256"},
	{0x0420, "rsa_pkcs1_sha256_legacy"}, // draft-ietf-tls-tls13-pkcs1
	{0x0501, "rsa_pkcs1_sha384"},
	{0x0502, "dsa_sha384"},
	{0x0503, "ecdsa_secp384r1_sha384"},
	{0x0520, "rsa_pkcs1_sha384_legacy"},
	{0x0601, "rsa_pkcs1_sha512"},
	{0x0602, "dsa_sha512"},
	{0x0603, "ecdsa_secp521r1_sha512"},
	{0x0620, "rsa_pkcs1_sha512_legacy"},
	// draft-wang-tls-raw-public-key-with-ibc
	{0x0704, "eccsi_sha256"},
	{0x0705, "iso_ibs1"},
	{0x0706, "iso_ibs2"},
	{0x0707, "iso_chinese_ibs"},
	// RFC 8998
	{0x0708, "sm2sig_sm3"},
	// RFC 9367
	{0x0709, "gostr34102012_256a"},
	{0x070a, "gostr34102012_256b"},
	{0x070b, "gostr34102012_256c"},
	{0x070c, "gostr34102012_256d"},
	{0x070d, "gostr34102012_512a"},
	{0x070e, "gostr34102012_512b"},
	{0x070f, "gostr34102012_512c"},
	// RFC 8446
	{0x0804, "rsa_pss_rsae_sha256"},
	{0x0805, "rsa_pss_rsae_sha384"},
	{0x0806, "rsa_pss_rsae_sha512"},
	{0x0807, "ed25519"},
	{0x0808, "ed448"},
	{0x0809, "rsa_pss_pss_sha256"},
	{0x080a, "rsa_pss_pss_sha384"},
	{0x080b, "rsa_pss_pss_sha512"},
	// RFC 8734
	{0x081a, "ecdsa_brainpoolP256r1tls13_sha256"},
	{0x081b, "ecdsa_brainpoolP384r1tls13_sha384"},
	{0x081c, "ecdsa_brainpoolP512r1tls13_sha512"},
	// RFC 9189, for TLS 1.2
	{0x0840, "gostr34102012_256"},
	{0x0841, "gostr34102012_512"},
	// draft-ietf-tls-mldsa
	{0x0904, "mldsa44"},
	{0x0905, "mldsa65"},
	{0x0906, "mldsa87"},
	// draft-reddy-tls-slhdsa
	{0x0911, "slhdsa_sha2_128s"},
	{0x0912, "slhdsa_sha2_128f"},
	{0x0913, "slhdsa_sha2_192s"},
	{0x0914, "slhdsa_sha2_192f"},
	{0x0915, "slhdsa_sha2_256s"},
	{0x0916, "slhdsa_sha2_256f"},
	{0x0917, "slhdsa_shake_128s"},
	{0x0918, "slhdsa_shake_128f"},
	{0x0919, "slhdsa_shake_192s"},
	{0x091a, "slhdsa_shake_192f"},
	{0x091b, "slhdsa_shake_256s"},
	{0x091c, "slhdsa_shake_256f"},
	// GOST before its registration
	{0xeded, "gostr34102001_gostr3411"},
	{0xeeee, "gostr34102012_256_gostr34112012_256"},
	{0xefef, "gostr34102012_512_gostr34112012_512"},
	// Open Quantum Safe's fork of OpenSSL, from among the numbers for private use
	{0xfe0b, "falcon512"},
	{0xfe0c, "p256_falcon512"},
	{0xfe0d, "rsa3072_falcon512"},
	{0xfe0e, "falcon1024"},
	{0xfe0f, "p521_falcon1024"},
	{0xfe1b, "picnic3l1"},
	{0xfe1c, "p256_picnic3l1"},
	{0xfe1d, "rsa3072_picnic3l1"},
	{0xfe27, "rainbowIclassic"},
	{0xfe28, "p256_rainbowIclassic"},
	{0xfe29, "rsa3072_rainbowIclassic"},
	{0xfe3c, "rainbowVclassic"},
	{0xfe3d, "p521_rainbowVclassic"},
	{0xfe42, "sphincsharaka128frobust"},
	{0xfe43, "p256_sphincsharaka128frobust"},
	{0xfe44, "rsa3072_sphincsharaka128frobust"},
	{0xfe5e, "sphincssha256128frobust"},
	{0xfe5f, "p256_sphincssha256128frobust"},
	{0xfe60, "rsa3072_sphincssha256128frobust"},
	{0xfe7a, "sphincsshake256128frobust"},
	{0xfe7b, "p256_sphincsshake256128frobust"},
	{0xfe7c, "rsa3072_sphincsshake256128frobust"},
	{0xfe96, "picnicl1full"},
	{0xfe97, "p256_picnicl1full"},
	{0xfe98, "rsa3072_picnicl1full"},
	{0xfea0, "dilithium2"},
	{0xfea1, "p256_dilithium2"},
	{0xfea2, "rsa3072_dilithium2"},
	{0xfea3, "dilithium3"},
	{0xfea4, "p384_dilithium3"},
	{0xfea5, "dilithium5"},
	{0xfea6, "p521_dilithium5"},
	{0xfea7, "dilithium2_aes"},
	{0xfea8, "p256_dilithium2_aes"},
	{0xfea9, "rsa3072_dilithium2_aes"},
	{0xfeaa, "dilithium3_aes"},
	{0xfeab, "p384_dilithium3_aes"},
	{0xfeac, "dilithium5_aes"},
	{0xfead, "p521_dilithium5_aes"},
}
