import StudyModel
import Testing

@Suite("The register of a run's participants")
struct ParticipantRegisterTests {
  @Test("whoever is left for a later run has ended in this one, and is not done")
  func progress() {
    let register = ParticipantRegister()
    for name in ["P1", "P2", "P3"] { register.expect(name) }
    #expect(register.progress == (ended: 0, done: 0, total: 3))
    register.record("P1", .complete)
    register.record("P2", .deferred)
    #expect(register.progress == (ended: 2, done: 1, total: 3))
    #expect(register["P3"] == .deferred)
    register.record("P2", .needsConsent)
    #expect(register.progress == (ended: 2, done: 2, total: 3))
  }
}
