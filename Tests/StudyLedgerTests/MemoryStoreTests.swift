import FlowCore
import FlowTesting
import StudyModel
import StudyTesting
import Testing

@Suite("The store in memory")
struct MemoryStoreTests {
  private struct Home: StoreHome {
    let medium = MemoryStore.Medium()

    func store(agreements: [String: String], faultPoint: @escaping StoreFaultPoint) -> any RecordStore {
      MemoryStore(on: medium, agreements: agreements, faultPoint: faultPoint)
    }

    func cutPower() { medium.cutPower() }

    var leasing: (any LeaseHome)? { Leasing(medium: medium) }
  }

  private struct Leasing: LeaseHome {
    let medium: MemoryStore.Medium
    private let clock = ManualTime()

    init(medium: MemoryStore.Medium) { self.medium = medium }

    func store(for party: LeaseParty) -> any RecordStore {
      MemoryStore(on: medium, leasing: MemoryLeasing(party: party, clock: clock, heartbeat: clock))
    }

    func endTerms() { medium.endLeaseTerms() }
  }

  @Test("it meets every requirement of a record store", arguments: StoreConformance.checks)
  func conforms(_ check: StoreCheck) async throws { try await check.run(on: Home()) }

  @Test("a store that does not exist is not read")
  func nothingThere() async throws {
    let store = MemoryStore()
    #expect(try await store.reader() == nil)
    try await store.prepare()
    #expect(try await store.reader() != nil)
  }
}
