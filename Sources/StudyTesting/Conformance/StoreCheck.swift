import FlowCore
import StudyModel

/// The data under test. Each home is initially empty; all stores it opens share its data.
package protocol StoreHome: Sendable {
  /// Returns a store that is not prepared.
  /// - Parameters:
  ///   - agreements: facts that all stores of the home must agree on.
  ///   - faultPoint: called at every boundary; if it throws, the call fails with that error.
  func store(agreements: [String: String], faultPoint: @escaping StoreFaultPoint) -> any RecordStore
  /// Puts the data into the state that a power cut leaves. The stores of before are not used again.
  func cutPower() throws
  /// How the home's stores lease participants; nil if they do not.
  var leasing: (any LeaseHome)? { get }
}

/// Stores with leases. They share the home's data.
package protocol LeaseHome: Sendable {
  /// Returns a store that is not prepared, for a run or command of a batch on a host.
  func store(for party: LeaseParty) -> any RecordStore
  /// Ends the term of every lease now, whoever renewed it when.
  func endTerms() async throws
}

extension StoreHome {
  package var leasing: (any LeaseHome)? { nil }

  package func store() -> any RecordStore { store(agreements: [:]) { _ in } }
}

/// One requirement of `RecordStore`, testable on any store.
///
/// A store's tests run `StoreConformance.checks`, one test case each:
///
///     @Test("it keeps every promise of a record store", arguments: StoreConformance.checks)
///     func conforms(_ check: StoreCheck) async throws { try await check.run(on: MyHome()) }
package struct StoreCheck: Sendable, CustomStringConvertible {
  /// The requirement, as a sentence.
  package let description: String
  /// Only for stores that lease participants.
  private let needsLeases: Bool
  private let body: @Sendable (StoreBench) async throws -> Void

  init(_ description: String, needsLeases: Bool = false, _ body: @escaping @Sendable (StoreBench) async throws -> Void) {
    self.description = description
    self.needsLeases = needsLeases
    self.body = body
  }

  /// Throws `BrokenPromise` if the store violates the requirement, and unexpected errors of the store.
  /// - Parameter home: an empty home.
  package func run(on home: any StoreHome) async throws {
    if needsLeases, home.leasing == nil { return }
    try await body(try await StoreBench(home))
  }
}

/// A store violated its protocol.
package struct BrokenPromise: Error, CustomStringConvertible {
  package let description: String
}

func expect<Value: Equatable & Sendable>(
  _ found: Value, is expected: Value, _ subject: String = "", file: StaticString = #fileID, line: UInt = #line
) throws {
  guard found != expected else { return }
  throw BrokenPromise(description: "\(file):\(line): \(subject.isEmpty ? "" : subject + ": ")found \(found); expected \(expected)")
}

/// Throws unless `body` throws an error accepted by `isExpected`.
func expectFailure(
  _ subject: String, file: StaticString = #fileID, line: UInt = #line, _ body: () async throws -> Void,
  _ isExpected: (any Error) -> Bool = { _ in true }
) async throws {
  do {
    try await body()
  } catch {
    guard !isExpected(error) else { return }
    throw BrokenPromise(description: "\(file):\(line): \(subject): it failed with \(error)")
  }
  throw BrokenPromise(description: "\(file):\(line): \(subject): it did not fail")
}
