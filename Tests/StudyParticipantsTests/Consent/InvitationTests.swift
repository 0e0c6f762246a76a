import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import StudyParticipants

/// What happens to an invitation in these tests.
enum InvitationStep: Sendable, CustomTestStringConvertible {
  case begin(Int)
  case end(Invitation.Ending)
  case wait(Duration)

  var testDescription: String { "\(self)" }
}

@Suite("An invitation is used up by a consent alone")
struct InvitationTests {
  static let made = Instant(seconds: 1_786_000_000)
  static let code = InvitationCode(random: SeededRandomSource(seed: 3))

  static func invitation() -> Invitation { Invitation(of: "P1", provider: "fitbit", code: code, made: made, lifetime: .seconds(14 * 86_400)) }

  /// The n-th request.
  static func intent(_ number: Int, at now: Instant = made) -> ConsentIntent {
    ConsentIntent(
      participant: "P1", redirectURI: "https://study.test/consent/callback", statePrefix: code.digest + ".",
      random: SeededRandomSource(seed: UInt64(number)), now: now)
  }

  /// The invitation after the steps, and the time then.
  private static func after(_ steps: [InvitationStep]) -> (Invitation, Instant) {
    var invitation = invitation(), now = made
    for step in steps {
      switch step {
      case .begin(let number): _ = invitation.begin(intent(number, at: now), at: now)
      case .end(let ending): invitation.end(ending, at: now)
      case .wait(let duration): now = now + duration
      }
    }
    return (invitation, now)
  }

  private static let hour = Duration.seconds(3600)
  private static let twoWeeks = Duration.seconds(14 * 86_400)

  struct Case: Sendable, CustomTestStringConvertible {
    var steps: [InvitationStep]
    var standing: Invitation.Standing
    var listed: InvitationStatus.State
    /// What the answer to request 1 is then.
    var reply: String
    var testDescription: String { steps.map(\.testDescription).joined(separator: ", ") }

    init(_ steps: [InvitationStep], _ standing: Invitation.Standing, _ listed: InvitationStatus.State, reply: String) {
      self.steps = steps
      self.standing = standing
      self.listed = listed
      self.reply = reply
    }
  }

  static let cases: [Case] = [
    Case([], .open, .invited, reply: "late"),
    Case([.wait(twoWeeks)], .expired, .expired, reply: "expired"),
    Case([.begin(1)], .open, .opened, reply: "current"),
    // A second press of the button: the first request is over.
    Case([.begin(1), .begin(2)], .open, .opened, reply: "late"),
    Case([.begin(1), .wait(hour)], .open, .opened, reply: "late"),
    Case([.begin(1), .wait(twoWeeks)], .expired, .expired, reply: "expired"),
    // Begun in time, answered a little later.
    Case([.wait(twoWeeks - .seconds(60)), .begin(1), .wait(.seconds(120))], .expired, .expired, reply: "current"),
    Case([.wait(twoWeeks - .seconds(60)), .begin(1), .wait(.seconds(120)), .end(.consented(lacking: []))], .used, .consented, reply: "again"),
    Case([.begin(1), .end(.consented(lacking: []))], .used, .consented, reply: "again"),
    Case([.begin(1), .end(.consented(lacking: ["sleep"]))], .used, .consented, reply: "again"),
    Case([.begin(1), .end(.consented(lacking: [])), .wait(twoWeeks)], .used, .consented, reply: "again"),
    Case([.begin(1), .end(.consented(lacking: [])), .begin(2)], .used, .consented, reply: "again"),
    Case([.begin(1), .begin(2), .end(.consented(lacking: []))], .used, .consented, reply: "used"),
    Case([.begin(1), .end(.refused)], .open, .refused, reply: "again"),
    Case([.begin(1), .end(.refused), .wait(twoWeeks)], .expired, .refused, reply: "again"),
    Case([.begin(1), .end(.refused), .begin(2)], .open, .opened, reply: "late"),
    Case([.begin(1), .end(.refused), .begin(2), .end(.consented(lacking: []))], .used, .consented, reply: "used"),
    Case([.begin(1), .end(.wrongAccount)], .open, .wrongAccount, reply: "again"),
    Case([.begin(1), .end(.wrongAccount), .wait(twoWeeks)], .expired, .expired, reply: "again"),
    Case([.begin(1), .end(.failed)], .open, .opened, reply: "late"),
    Case([.begin(1), .end(.failed), .begin(2)], .open, .opened, reply: "late"),
    // By another way than the link.
    Case([.end(.consented(lacking: []))], .used, .consented, reply: "used"),
    Case([.end(.consented(lacking: [])), .end(.refused)], .used, .consented, reply: "used"),
  ]

  @Test("what the link is good for, what a list says, and what an answer is, after each way", arguments: cases)
  func ways(_ way: Case) throws {
    let (invitation, now) = Self.after(way.steps)
    #expect(invitation.standing(at: now) == way.standing)
    #expect(InvitationStatus(invitation, at: now).state == way.listed)
    let reply = invitation.reply(to: Self.intent(1).state, at: now)
    let word: String = if case .current = reply { "current" } else { "\(reply)" }
    #expect(word == way.reply)
    #expect(try Invitation(parsing: invitation.bytes, path: "p") == invitation, "it survives the disk")
    #expect(InvitationStatus(invitation, at: now).isOpen(at: now) == (way.standing == .open), "a list agrees with the link")
  }

  @Test("a state that differs in its last character belongs to no request, and an unknown one neither")
  func foreign() {
    var invitation = Self.invitation()
    _ = invitation.begin(Self.intent(1), at: Self.made)
    for state in [Self.intent(1).state.dropLast() + "~", Self.code.digest + ".", "", Self.code.digest] {
      #expect(invitation.reply(to: String(state), at: Self.made) == .late)
    }
    #expect(invitation.reply(to: Self.intent(1).state, at: Self.made) == .current(Self.intent(1)))
  }

  @Test("a code is 22 characters that a URL may hold; texts of another form are none")
  func codes() {
    #expect(Self.code.text.count == 22 && InvitationCode(Self.code.text) == Self.code)
    #expect(Self.code.text != InvitationCode(random: SeededRandomSource(seed: 4)).text)
    #expect("\(Self.code)".contains(Self.code.text) == false, "it is not printed by chance")
    for text in ["", "callback", String(repeating: "A", count: 21), String(repeating: "A", count: 23), "../../../../etc/passwd", String(repeating: "é", count: 11)] {
      #expect(InvitationCode(text) == nil, "\(text)")
    }
  }

  @Test("an earlier request that fails late ends itself alone", arguments: [Invitation.Ending.failed, .refused, .wrongAccount])
  func lateFailure(_ ending: Invitation.Ending) {
    var invitation = Self.invitation()
    let first = Self.intent(1, at: Self.made), second = Self.intent(2, at: Self.made)
    _ = invitation.begin(first, at: Self.made)
    _ = invitation.begin(second, at: Self.made)
    invitation.end(ending, of: first.state, at: Self.made)
    #expect(invitation.reply(to: second.state, at: Self.made) == .current(second))
    invitation.end(ending, of: second.state, at: Self.made)
    #expect(invitation.reply(to: second.state, at: Self.made) != .current(second))
  }

  @Test("the file holds the code's digest and no code", arguments: [[], [.begin(1)], [.begin(1), .end(.refused)]] as [[InvitationStep]])
  func file(_ steps: [InvitationStep]) {
    let text = String(decoding: Self.after(steps).0.bytes, as: UTF8.self)
    #expect(!text.contains(Self.code.text) && text.contains(Self.code.digest))
    #expect(text.contains("code_verifier") == (steps.count == 1), "the verifier is there while a request is under way")
  }

  @Test("what is no invitation is reported with what to do", arguments: ["", "{", "[]", "{}", #"{"participant": "P1", "state": "new"}"#])
  func damaged(_ text: String) throws {
    let error = #expect(throws: Diagnostics.self) { try Invitation(parsing: Array(text.utf8), path: "p") }
    #expect(error?.description.contains("flowrun participants invite") == true)
  }
}
