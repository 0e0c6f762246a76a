import Foundation

/// Basic authorization.
enum BasicAuthorization {
  /// RFC 7617.
  static func header(_ id: String, _ secret: String) -> String {
    "Basic " + Data("\(id):\(secret)".utf8).base64EncodedString()
  }
}
