import FlowCore
import StudyModel

/// Where the stores under test live. Each home is empty at first; every store that it opens is on the same data.
package protocol StoreHome: Sendable {
  /// A store that is not prepared yet.
  /// - Parameters:
  ///   - agreements: facts on which all stores of the home must agree.
  ///   - faultPoint: the store passes it at every boundary; what it throws, the call throws.
  func store(agreements: [String: String], faultPoint: @escaping StoreFaultPoint) -> any RecordStore
}

extension StoreHome {
  package func store() -> any RecordStore { store(agreements: [:]) { _ in } }
}

/// One promise of `RecordStore`, as something that can be tried on any store.
///
/// A store's tests run `StoreConformance.checks`, one test case each:
///
///     @Test("it keeps every promise of a record store", arguments: StoreConformance.checks)
///     func conforms(_ check: StoreCheck) async throws { try await check.run(on: MyHome()) }
package struct StoreCheck: Sendable, CustomStringConvertible {
  /// The promise, as a sentence.
  package let description: String
  private let body: @Sendable (StoreBench) async throws -> Void

  init(_ description: String, _ body: @escaping @Sendable (StoreBench) async throws -> Void) {
    self.description = description
    self.body = body
  }

  /// Throws `BrokenPromise` where the store does otherwise, and whatever the store throws unasked.
  /// - Parameter home: one that nothing has been written to.
  package func run(on home: any StoreHome) async throws { try await body(try await StoreBench(home)) }
}

/// A store did something other than its protocol says.
package struct BrokenPromise: Error, CustomStringConvertible {
  package let description: String
}

func expect<Value: Equatable & Sendable>(
  _ found: Value, is expected: Value, _ subject: String = "", file: StaticString = #fileID, line: UInt = #line
) throws {
  guard found != expected else { return }
  throw BrokenPromise(description: "\(file):\(line): \(subject.isEmpty ? "" : subject + ": ")found \(found); expected \(expected)")
}

/// Throws unless `body` throws an error that `isExpected`.
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
