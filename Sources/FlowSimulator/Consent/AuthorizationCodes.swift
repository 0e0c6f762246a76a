import FlowCore
import FlowCrypto
import Foundation

/// The issued authorization codes that have not been redeemed; with a folder, those of all processes that share it.
final class AuthorizationCodes: Sendable {
  /// A code's lifetime in seconds, like the providers'.
  static let lifetimeSeconds = 600

  /// What a code grants.
  struct Grant: Sendable, Equatable, Codable {
    var request: AuthorizationRequest
    var participant: Int
    /// The scopes that the participant shares.
    var scopes: [String]
    /// Seconds since 1970.
    var issuedAt: Int
  }

  enum Redemption: Sendable {
    case granted(Grant)
    case unknown, expired, otherClient, otherRedirect, wrongVerifier
  }

  private let dice: SeededDice
  private let folder: StateFolder?
  private let memory = Locked<[String: Grant]>([:])
  private static let fileName = "codes.json"

  init(seed: UInt64, folder: StateFolder?) {
    dice = SeededDice(seed: seed).fork(Purpose.tokens).fork(-1)
    self.folder = folder
  }

  /// Issues a new code.
  func issue(_ grant: Grant) throws -> String {
    try change { grants in
      // Recently expired codes stay, so that they are refused as expired and not as unknown.
      grants = grants.filter { grant.issuedAt - $0.value.issuedAt < 100 * Self.lifetimeSeconds }
      let dice = dice.fork(stableHash(grant.request.challenge)).fork(grant.issuedAt)
      let code = (0..<3).map { String(dice.roll(grants.count * 3 + $0), radix: 16) }.joined()
      grants[code] = grant
      return code
    }
  }

  /// Redeems a code. A refused attempt does not use it up.
  func redeem(_ code: String, client: String?, redirectURI: String?, verifier: String?, now: Int) throws -> Redemption {
    try change { grants in
      guard let grant = grants[code] else { return .unknown }
      guard now - grant.issuedAt <= Self.lifetimeSeconds else { return .expired }
      guard client == grant.request.clientID else { return .otherClient }
      guard redirectURI == grant.request.redirectURI else { return .otherRedirect }
      guard let verifier, Self.challenge(of: verifier) == grant.request.challenge else { return .wrongVerifier }
      grants[code] = nil
      return .granted(grant)
    }
  }

  /// RFC 7636 §4.6.
  static func challenge(of verifier: String) -> String {
    Data(SHA256.digest(of: verifier.utf8)).base64EncodedString()
      .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  private func change<Result: Sendable>(_ body: (inout [String: Grant]) throws -> Result) throws -> Result {
    guard let folder else { return try memory.withLock { try body(&$0) } }
    return try folder.whileLocked {
      var grants = try folder.read([String: Grant].self, from: Self.fileName) ?? [:]
      let result = try body(&grants)
      try folder.write(grants, to: Self.fileName)
      return result
    }
  }
}
