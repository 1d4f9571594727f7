package tlswire

// ExtensionType names an extension, RFC 8446 section 4.2.
type ExtensionType uint16

// The TLS ExtensionType Values registry, and what is widely deployed beside it.
const (
	ExtensionTypeServerName                         ExtensionType = 0     // RFC 6066 section 3
	ExtensionTypeMaxFragmentLength                  ExtensionType = 1     // RFC 6066 section 4
	ExtensionTypeClientCertificateURL               ExtensionType = 2     // RFC 6066 section 5
	ExtensionTypeTrustedCAKeys                      ExtensionType = 3     // RFC 6066 section 6
	ExtensionTypeTruncatedHMAC                      ExtensionType = 4     // RFC 6066 section 7
	ExtensionTypeStatusRequest                      ExtensionType = 5     // RFC 6066 section 8
	ExtensionTypeUserMapping                        ExtensionType = 6     // RFC 4681
	ExtensionTypeClientAuthz                        ExtensionType = 7     // RFC 5878
	ExtensionTypeServerAuthz                        ExtensionType = 8     // RFC 5878
	ExtensionTypeCertType                           ExtensionType = 9     // RFC 6091
	ExtensionTypeSupportedGroups                    ExtensionType = 10    // RFC 8446 section 4.2.7
	ExtensionTypeECPointFormats                     ExtensionType = 11    // RFC 8422 section 5.1.2
	ExtensionTypeSRP                                ExtensionType = 12    // RFC 5054
	ExtensionTypeSignatureAlgorithms                ExtensionType = 13    // RFC 8446 section 4.2.3
	ExtensionTypeUseSRTP                            ExtensionType = 14    // RFC 5764
	ExtensionTypeHeartbeat                          ExtensionType = 15    // RFC 6520
	ExtensionTypeALPN                               ExtensionType = 16    // RFC 7301
	ExtensionTypeStatusRequestV2                    ExtensionType = 17    // RFC 6961
	ExtensionTypeSignedCertificateTimestamp         ExtensionType = 18    // RFC 6962
	ExtensionTypeClientCertificateType              ExtensionType = 19    // RFC 7250
	ExtensionTypeServerCertificateType              ExtensionType = 20    // RFC 7250
	ExtensionTypePadding                            ExtensionType = 21    // RFC 7685
	ExtensionTypeEncryptThenMAC                     ExtensionType = 22    // RFC 7366
	ExtensionTypeExtendedMasterSecret               ExtensionType = 23    // RFC 7627
	ExtensionTypeTokenBinding                       ExtensionType = 24    // RFC 8472
	ExtensionTypeCachedInfo                         ExtensionType = 25    // RFC 7924
	ExtensionTypeTLSLTS                             ExtensionType = 26    // draft-gutmann-tls-lts
	ExtensionTypeCompressCertificate                ExtensionType = 27    // RFC 8879
	ExtensionTypeRecordSizeLimit                    ExtensionType = 28    // RFC 8449
	ExtensionTypePwdProtect                         ExtensionType = 29    // RFC 8492
	ExtensionTypePwdClear                           ExtensionType = 30    // RFC 8492
	ExtensionTypePasswordSalt                       ExtensionType = 31    // RFC 8492
	ExtensionTypeTicketPinning                      ExtensionType = 32    // RFC 8672
	ExtensionTypeTLSCertWithExternPSK               ExtensionType = 33    // RFC 8773
	ExtensionTypeDelegatedCredential                ExtensionType = 34    // RFC 9345
	ExtensionTypeSessionTicket                      ExtensionType = 35    // RFC 5077
	ExtensionTypeTLMSP                              ExtensionType = 36    // ETSI TS 103 523-2
	ExtensionTypeTLMSPProxying                      ExtensionType = 37    // ETSI TS 103 523-2
	ExtensionTypeTLMSPDelegate                      ExtensionType = 38    // ETSI TS 103 523-2
	ExtensionTypeSupportedEKTCiphers                ExtensionType = 39    // RFC 8870
	ExtensionTypeKeyShareOld                        ExtensionType = 40    // drafts of RFC 8446, up to 22
	ExtensionTypePreSharedKey                       ExtensionType = 41    // RFC 8446 section 4.2.11
	ExtensionTypeEarlyData                          ExtensionType = 42    // RFC 8446 section 4.2.10
	ExtensionTypeSupportedVersions                  ExtensionType = 43    // RFC 8446 section 4.2.1
	ExtensionTypeCookie                             ExtensionType = 44    // RFC 8446 section 4.2.2
	ExtensionTypePSKKeyExchangeModes                ExtensionType = 45    // RFC 8446 section 4.2.9
	ExtensionTypeTicketEarlyDataInfo                ExtensionType = 46    // drafts of RFC 8446, up to 18
	ExtensionTypeCertificateAuthorities             ExtensionType = 47    // RFC 8446 section 4.2.4
	ExtensionTypeOIDFilters                         ExtensionType = 48    // RFC 8446 section 4.2.5
	ExtensionTypePostHandshakeAuth                  ExtensionType = 49    // RFC 8446 section 4.2.6
	ExtensionTypeSignatureAlgorithmsCert            ExtensionType = 50    // RFC 8446 section 4.2.3
	ExtensionTypeKeyShare                           ExtensionType = 51    // RFC 8446 section 4.2.8
	ExtensionTypeTransparencyInfo                   ExtensionType = 52    // RFC 9162
	ExtensionTypeConnectionIDDeprecated             ExtensionType = 53    // drafts of RFC 9146
	ExtensionTypeConnectionID                       ExtensionType = 54    // RFC 9146
	ExtensionTypeExternalIDHash                     ExtensionType = 55    // RFC 8844
	ExtensionTypeExternalSessionID                  ExtensionType = 56    // RFC 8844
	ExtensionTypeQUICTransportParameters            ExtensionType = 57    // RFC 9001
	ExtensionTypeTicketRequest                      ExtensionType = 58    // RFC 9149
	ExtensionTypeDNSSECChain                        ExtensionType = 59    // RFC 9102
	ExtensionTypeSequenceNumberEncryptionAlgorithms ExtensionType = 60    // draft-pismenny-tls-dtls-plaintext-sequence-number
	ExtensionTypeRRC                                ExtensionType = 61    // draft-ietf-tls-dtls-rrc
	ExtensionTypeTLSFlags                           ExtensionType = 62    // draft-ietf-tls-tlsflags
	ExtensionTypeNextProtocolNegotiation            ExtensionType = 13172 // draft-agl-tls-nextprotoneg
	ExtensionTypeApplicationSettingsOld             ExtensionType = 17513 // draft-vvv-tls-alps, its first number
	ExtensionTypeApplicationSettings                ExtensionType = 17613 // draft-vvv-tls-alps
	ExtensionTypeChannelIDOld                       ExtensionType = 30031 // draft-balfanz-tls-channelid, its first number
	ExtensionTypeChannelID                          ExtensionType = 30032 // draft-balfanz-tls-channelid
	ExtensionTypeTrustAnchors                       ExtensionType = 51764 // draft-ietf-tls-trust-anchor-ids
	ExtensionTypeECHOuterExtensions                 ExtensionType = 64768 // RFC 9849
	ExtensionTypeEncryptedClientHello               ExtensionType = 65037 // RFC 9849
	ExtensionTypeRenegotiationInfo                  ExtensionType = 65281 // RFC 5746
	ExtensionTypeQUICTransportParametersDraft       ExtensionType = 65445 // drafts of RFC 9001
	ExtensionTypeEncryptedServerName                ExtensionType = 65486 // draft-ietf-tls-esni
)

// String returns the extension's name in the registry: "server_name".
func (t ExtensionType) String() string { return name16(extensionTypes, uint16(t)) }

// IsGREASE says whether t is reserved by RFC 8701 to keep peers tolerant.
func (t ExtensionType) IsGREASE() bool { return isGREASE(uint16(t)) }

var extensionTypes = []registered{
	{uint16(ExtensionTypeServerName), "server_name"},
	{uint16(ExtensionTypeMaxFragmentLength), "max_fragment_length"},
	{uint16(ExtensionTypeClientCertificateURL), "client_certificate_url"},
	{uint16(ExtensionTypeTrustedCAKeys), "trusted_ca_keys"},
	{uint16(ExtensionTypeTruncatedHMAC), "truncated_hmac"},
	{uint16(ExtensionTypeStatusRequest), "status_request"},
	{uint16(ExtensionTypeUserMapping), "user_mapping"},
	{uint16(ExtensionTypeClientAuthz), "client_authz"},
	{uint16(ExtensionTypeServerAuthz), "server_authz"},
	{uint16(ExtensionTypeCertType), "cert_type"},
	{uint16(ExtensionTypeSupportedGroups), "supported_groups"},
	{uint16(ExtensionTypeECPointFormats), "ec_point_formats"},
	{uint16(ExtensionTypeSRP), "srp"},
	{uint16(ExtensionTypeSignatureAlgorithms), "signature_algorithms"},
	{uint16(ExtensionTypeUseSRTP), "use_srtp"},
	{uint16(ExtensionTypeHeartbeat), "heartbeat"},
	{uint16(ExtensionTypeALPN), "application_layer_protocol_negotiation"},
	{uint16(ExtensionTypeStatusRequestV2), "status_request_v2"},
	{uint16(ExtensionTypeSignedCertificateTimestamp), "signed_certificate_timestamp"},
	{uint16(ExtensionTypeClientCertificateType), "client_certificate_type"},
	{uint16(ExtensionTypeServerCertificateType), "server_certificate_type"},
	{uint16(ExtensionTypePadding), "padding"},
	{uint16(ExtensionTypeEncryptThenMAC), "encrypt_then_mac"},
	{uint16(ExtensionTypeExtendedMasterSecret), "extended_master_secret"},
	{uint16(ExtensionTypeTokenBinding), "token_binding"},
	{uint16(ExtensionTypeCachedInfo), "cached_info"},
	{uint16(ExtensionTypeTLSLTS), "tls_lts"},
	{uint16(ExtensionTypeCompressCertificate), "compress_certificate"},
	{uint16(ExtensionTypeRecordSizeLimit), "record_size_limit"},
	{uint16(ExtensionTypePwdProtect), "pwd_protect"},
	{uint16(ExtensionTypePwdClear), "pwd_clear"},
	{uint16(ExtensionTypePasswordSalt), "password_salt"},
	{uint16(ExtensionTypeTicketPinning), "ticket_pinning"},
	{uint16(ExtensionTypeTLSCertWithExternPSK), "tls_cert_with_extern_psk"},
	{uint16(ExtensionTypeDelegatedCredential), "delegated_credential"},
	{uint16(ExtensionTypeSessionTicket), "session_ticket"},
	{uint16(ExtensionTypeTLMSP), "TLMSP"},
	{uint16(ExtensionTypeTLMSPProxying), "TLMSP_proxying"},
	{uint16(ExtensionTypeTLMSPDelegate), "TLMSP_delegate"},
	{uint16(ExtensionTypeSupportedEKTCiphers), "supported_ekt_ciphers"},
	{uint16(ExtensionTypeKeyShareOld), "key_share_old"},
	{uint16(ExtensionTypePreSharedKey), "pre_shared_key"},
	{uint16(ExtensionTypeEarlyData), "early_data"},
	{uint16(ExtensionTypeSupportedVersions), "supported_versions"},
	{uint16(ExtensionTypeCookie), "cookie"},
	{uint16(ExtensionTypePSKKeyExchangeModes), "psk_key_exchange_modes"},
	{uint16(ExtensionTypeTicketEarlyDataInfo), "ticket_early_data_info"},
	{uint16(ExtensionTypeCertificateAuthorities), "certificate_authorities"},
	{uint16(ExtensionTypeOIDFilters), "oid_filters"},
	{uint16(ExtensionTypePostHandshakeAuth), "post_handshake_auth"},
	{uint16(ExtensionTypeSignatureAlgorithmsCert), "signature_algorithms_cert"},
	{uint16(ExtensionTypeKeyShare), "key_share"},
	{uint16(ExtensionTypeTransparencyInfo), "transparency_info"},
	{uint16(ExtensionTypeConnectionIDDeprecated), "connection_id_deprecated"},
	{uint16(ExtensionTypeConnectionID), "connection_id"},
	{uint16(ExtensionTypeExternalIDHash), "external_id_hash"},
	{uint16(ExtensionTypeExternalSessionID), "external_session_id"},
	{uint16(ExtensionTypeQUICTransportParameters), "quic_transport_parameters"},
	{uint16(ExtensionTypeTicketRequest), "ticket_request"},
	{uint16(ExtensionTypeDNSSECChain), "dnssec_chain"},
	{uint16(ExtensionTypeSequenceNumberEncryptionAlgorithms), "sequence_number_encryption_algorithms"},
	{uint16(ExtensionTypeRRC), "rrc"},
	{uint16(ExtensionTypeTLSFlags), "tls_flags"},
	{uint16(ExtensionTypeNextProtocolNegotiation), "next_protocol_negotiation"},
	{uint16(ExtensionTypeApplicationSettingsOld), "application_settings_old"},
	{uint16(ExtensionTypeApplicationSettings), "application_settings"},
	{uint16(ExtensionTypeChannelIDOld), "channel_id_old"},
	{uint16(ExtensionTypeChannelID), "channel_id"},
	{uint16(ExtensionTypeTrustAnchors), "trust_anchors"},
	{uint16(ExtensionTypeECHOuterExtensions), "ech_outer_extensions"},
	{uint16(ExtensionTypeEncryptedClientHello), "encrypted_client_hello"},
	{uint16(ExtensionTypeRenegotiationInfo), "renegotiation_info"},
	{uint16(ExtensionTypeQUICTransportParametersDraft), "quic_transport_parameters_draft"},
	{uint16(ExtensionTypeEncryptedServerName), "encrypted_server_name"},
}
