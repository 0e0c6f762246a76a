import FlowBase

/// The tokens of the simulated provider. They are derived from the seed, the participant and the generation, so the
/// simulator does not store tokens on disk, and every token ever issued can be listed.
struct TokenText: Sendable {
  private let dice: SeededDice

  init(seed: UInt64) {
    dice = SeededDice(seed: seed).fork(Purpose.tokens)
  }

  /// The refresh token of a generation; generation 0 belongs to the enrolment.
  func refreshToken(of number: Int, generation: Int) -> String {
    signed(number, dice.fork(number).fork(generation * 2))
  }

  /// The access token issued with the refresh token of the same generation; it looks like a JWT.
  func accessToken(of number: Int, generation: Int) -> String {
    Self.accessPrefix + signed(number, dice.fork(number).fork(generation * 2 + 1))
  }

  /// The n-th Google access token of a participant, from 1.
  func googleAccessToken(of number: Int, serial: Int) -> String {
    Self.googlePrefix + signed(number, dice.fork(number).fork(Self.googleLabel).fork(serial))
  }

  /// The participant that a token names, whether or not it was ever issued. nil for text that is not a simulated token.
  func participantNumber(in token: String) -> Int? {
    let prefix = [Self.accessPrefix, Self.googlePrefix].first { token.hasPrefix($0) } ?? ""
    let body = token.dropFirst(prefix.count)
    guard body.utf8.count == 64, let mask = UInt32(body.prefix(8), radix: 16), let masked = UInt32(body.suffix(8), radix: 16)
    else { return nil }
    return Int(mask ^ masked)
  }

  private static let accessPrefix = "eyJhbGciOiJIUzI1NiJ9."
  private static let googlePrefix = "ya29.a0"
  /// Labels from 0 up belong to the refresh tokens of the generations.
  private static let googleLabel = -1

  /// 56 random hexadecimal digits, and 8 that encode the number masked by the first 8.
  private func signed(_ number: Int, _ dice: SeededDice) -> String {
    let text = (0..<4).map { Hexadecimal.text(dice.roll($0), width: 16) }.joined()
    let mask = UInt32(text.prefix(8), radix: 16) ?? 0
    return text.prefix(56) + Hexadecimal.text(mask ^ UInt32(truncatingIfNeeded: number), width: 8)
  }
}
