import FlowCore

/// An object of kept responses.
package struct RawObject: Sendable, Hashable {
  package var key: String
  package var participant: String
  /// The run that fetched the responses. Runs sort by the time at which they began.
  package var run: String

  package init(key: String, participant: String, run: String) {
    self.key = key
    self.participant = participant
    self.run = run
  }
}

package struct RawListing: Sendable, Equatable {
  /// Of each participant, in the order in which they were written.
  package var objects: [RawObject]
  /// Keys that are not of this program's objects.
  package var foreign: [String]

  package init(objects: [RawObject], foreign: [String]) {
    self.objects = objects
    self.foreign = foreign
  }
}

/// An answer read back.
package struct KeptAnswer: Sendable {
  package var answer: RawAnswer
  /// The run that fetched it; nil if it is not known.
  package var run: String?
  /// The key of its object.
  package var object: String

  package init(answer: RawAnswer, run: String?, object: String) {
    self.answer = answer
    self.run = run
    self.object = object
  }
}

/// Reads one object from beginning to end, in memory that does not grow with the object.
package protocol RawObjectReader: Sendable {
  /// The SHA-256 of the object's bytes, hexadecimal.
  var sha256: String { get }
  /// The next whole answer, in the order in which they were taken in; nil at the end. Throws `ProcessorError` (`disk`).
  func next() async throws -> KeptAnswer?
  /// Gives back what it holds. Call it once.
  func close() async throws
}

/// Gives out what was kept. Failures throw `ProcessorError`: `connection` if the storage is away, `disk`.
package protocol RawReading: Sendable {
  func listObjects() async throws -> RawListing
  /// Reads and checks the whole object before anything of it is given out. Throws `ProcessorError` (`bad_data`) for a damaged one.
  func open(_ object: RawObject) async throws -> any RawObjectReader
}
