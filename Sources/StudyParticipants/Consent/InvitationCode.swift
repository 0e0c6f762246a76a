import FlowCore
import FlowCrypto

/// The secret part of an invitation's link: 128 random bits as 22 characters of base64url. Only its digest is kept, so the link cannot be shown
/// again.
package struct InvitationCode: Sendable, Equatable, CustomStringConvertible {
  package let text: String

  /// - Parameter random: must be the system's generator, except in tests.
  package init(random: any RandomSource) {
    text = ConsentIntent.base64URL((0..<2).flatMap { _ in withUnsafeBytes(of: random.next()) { Array($0) } })
  }

  /// nil for what cannot be a code.
  package init?(_ text: some StringProtocol) {
    guard text.utf8.count == Self.length, text.utf8.allSatisfy(Self.isDigit) else { return nil }
    self.text = String(text)
  }

  static let length = 22

  /// SHA-256 (hex): finds the invitation, and reveals nothing of the code.
  package var digest: String { TokenRecord.digest(text) }

  /// Whether a text has the form of a digest, so that it may become part of a path.
  static func isDigest(_ text: some StringProtocol) -> Bool {
    text.utf8.count == 64 && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
  }

  /// Not the code.
  package var description: String { "the code of an invitation" }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 45 || byte == 95
  }
}
