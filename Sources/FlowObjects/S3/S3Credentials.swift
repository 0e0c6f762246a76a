import FlowCrypto

/// The key with which requests are signed. Never shown.
struct S3Credentials: Sendable, CustomStringConvertible, CustomReflectable {
  /// Not secret: it is in every request.
  let accessKey: String
  /// `AWS4` and the secret access key, as the signature wants it.
  let signingSecret: SecretKey
  let sessionToken: String?

  init(accessKey: String, secretKey: String, sessionToken: String? = nil) {
    self.accessKey = accessKey
    self.sessionToken = sessionToken
    signingSecret = SecretKey(Array(("AWS4" + secretKey).utf8))
  }

  var description: String { "credentials" }
  var customMirror: Mirror { Mirror(self, children: []) }
}
