import FlowCompression
import FlowBase
import FlowCore
import FlowCrypto
import Foundation
import FlowObjects
import FlowTesting
import StudyModel
import Testing

@testable import StudyRaw

/// An object is read as it was written, or not at all.
@Suite struct RawObjectTests {
  private static let key = RawKey(provider: "fitbit", date: "2026-01-06", run: RawBench.run, participant: "P0001").text

  private static func object(_ answers: [RawAnswer]) throws -> [UInt8] {
    try answers.flatMap { try Zstandard.frame($0.lines(of: key, run: RawBench.run)) }
  }

  /// All answers; throws what `open` throws.
  private static func read(_ bytes: [UInt8], key: String = key) async throws -> [KeptAnswer] {
    let fileSystem = MemoryFileSystem(folders: ["raw"])
    try fileSystem.writeDurably(bytes, to: "raw/object")
    let file = try await RawObjectFile.open(FetchedObject(path: "raw/object"), key: key, fileSystem, InlineLane())
    var answers: [KeptAnswer] = []
    while let answer = try await file.next() { answers.append(answer) }
    try await file.close()
    return answers
  }

  private static func shown(_ answers: [KeptAnswer]) -> [String] {
    answers.map { kept in
      let bodies = kept.answer.responses.map { "\($0.place) \($0.url) \($0.status) \($0.headers) \($0.fetchedAt) \(String(decoding: $0.body, as: UTF8.self))" }
      return "\(kept.run ?? "-") \(kept.object) \(kept.answer.flowFile) \(kept.answer.attributes.sorted { $0.key < $1.key }) \(bodies)"
    }
  }

  @Test("Answers come back in order, each with its responses, also those kept by several triggers while others came between")
  func answers() async throws {
    let whole = RawBench.answer("P0001", ["1", "2"], flowFile: "a")
    let begun = RawBench.answer("P0001", ["3"], flowFile: "b", isComplete: false)
    let lost = RawBench.answer("P0001", ["4"], flowFile: "c", isComplete: false)
    let ended = RawBench.answer("P0001", ["5"], flowFile: "b")
    let read = try await Self.read(try Self.object([begun, whole, lost, ended]))
    #expect(read.map(\.answer.flowFile) == ["a", "b"])
    #expect(read.map { $0.answer.responses.map { String(decoding: $0.body, as: UTF8.self) } } == [["1", "2"], ["3", "5"]])
    #expect(read.allSatisfy { $0.run == RawBench.run && $0.object == Self.key && $0.answer.attributes == whole.attributes })
  }

  @Test("Lines longer than what is read at once come back", arguments: [1 << 10, 3 << 20])
  func long(count: Int) async throws {
    let dice = SeededRandomSource(seed: 1)
    let body = String((0..<count).map { _ in Character(UnicodeScalar(UInt8(32 + dice.next() % 90))) })
    let read = try await Self.read(try Self.object([RawBench.answer("P0001", [body, "2"])]))
    #expect(read.first?.answer.responses.map(\.body.count) == [count, 1])
  }

  @Test("A changed byte anywhere is damage, never another answer")
  func damagedByte() async throws {
    let object = try Self.object([RawBench.answer("P0001", [#"{"value":61}"#], flowFile: "a"), RawBench.answer("P0001", [#"{"value":62}"#], flowFile: "b")])
    let whole = Self.shown(try await Self.read(object))
    var damagedCount = 0
    for place in object.indices {
      for bit in [0x01, 0x80] as [UInt8] {
        var damaged = object
        damaged[place] ^= bit
        do {
          #expect(Self.shown(try await Self.read(damaged)) == whole, "byte \(place)")
        } catch is RawDamage {
          damagedCount += 1
        }
      }
    }
    #expect(damagedCount > object.count)
  }

  @Test("An object that breaks off within an answer is damage")
  func truncated() async throws {
    let object = try Self.object([RawBench.answer("P0001", ["1"], flowFile: "a"), RawBench.answer("P0001", ["2"], flowFile: "b")])
    let boundary = try Zstandard.frame(RawBench.answer("P0001", ["1"], flowFile: "a").lines(of: Self.key, run: RawBench.run)).count
    for count in 0..<object.count where count != boundary {
      await #expect(throws: RawDamage.self, "\(count) bytes") { try await Self.read(Array(object.prefix(count))) }
    }
  }

  @Test("Lines of another object, a frame of no line and what follows the last frame are damage")
  func foreign() async throws {
    let object = try Self.object([RawBench.answer()])
    await #expect(throws: RawDamage.self) { try await Self.read(object, key: Self.key.replacingOccurrences(of: "P0001", with: "P0002")) }
    for more in [Array("more".utf8), try Zstandard.frame(Array("{}\n".utf8)), try Zstandard.frame(Array("no line feed".utf8))] {
      await #expect(throws: RawDamage.self) { try await Self.read(object + more) }
    }
  }

  @Test("The hash is that of the object's bytes")
  func hash() async throws {
    let bytes = try Self.object([RawBench.answer()])
    let fileSystem = MemoryFileSystem(folders: ["raw"])
    try fileSystem.writeDurably(bytes, to: "raw/object")
    let file = try await RawObjectFile.open(FetchedObject(path: "raw/object"), key: Self.key, fileSystem, InlineLane())
    #expect(file.sha256 == Hexadecimal.text(SHA256.digest(of: bytes)))
  }
}
