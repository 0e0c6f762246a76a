import FlowBase
import FlowCrypto
import FlowPackaging
import Foundation
import Testing

/// `vectors.tsv` was made by NiFi's own packager and read back by its unpackager (Apache NiFi, August 2026).
@Suite("FlowFile packages, version 3")
struct FlowFilePackageTests {
  struct Vector: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var package: FlowFilePackage
    /// NiFi writes it, but does not read it.
    var isReadable = true
  }

  static let vectors = [
    Vector(
      testDescription: "two-attrs",
      package: FlowFilePackage(attributes: ["filename": "a.json", "uuid": "00000000-0000-4000-8000-000000000001"], content: Array("{}".utf8))),
    Vector(testDescription: "empty-value-empty-content", package: FlowFilePackage(attributes: ["k": ""], content: [])),
    Vector(testDescription: "utf8", package: FlowFilePackage(attributes: ["naïve": "✓"], content: [0, 1, 2, 255])),
    Vector(testDescription: "zero-attrs-writer-accepts-reader-rejects", package: FlowFilePackage(attributes: [:], content: Array("x".utf8)), isReadable: false),
    Vector(testDescription: "value-length-65534", package: long(65_534)), Vector(testDescription: "value-length-65535", package: long(65_535)),
    Vector(testDescription: "value-length-65536", package: long(65_536)),
  ]

  private static func long(_ count: Int) -> FlowFilePackage {
    FlowFilePackage(attributes: ["k": String(repeating: "v", count: count)], content: Array("x".utf8))
  }

  private static func fixture(_ name: String) throws -> String {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/vectors.tsv")
    let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { $0.split(separator: "\t") }
    return String(try #require(lines.first { $0.first.map(String.init) == name }?.last))
  }

  private static func read(_ bytes: [UInt8], _ limits: PackageLimits = PackageLimits()) throws(PackageProblem) -> [FlowFilePackage] {
    var reader = PackageReader(bytes, limits: limits), packages: [FlowFilePackage] = []
    while let package = try reader.next() { packages.append(package) }
    return packages
  }

  @Test("are written as NiFi writes them, and read", arguments: vectors)
  func vector(_ vector: Vector) throws {
    let expected = try Self.fixture(vector.testDescription), bytes = vector.package.bytes
    if let digest = expected.firstMatch(of: #/first 24 bytes (\w+) total (\d+) sha256 (\w+)/#) {
      #expect(Hexadecimal.text(bytes.prefix(24)) == String(digest.1) && bytes.count == Int(digest.2))
      #expect(Hexadecimal.text(SHA256.digest(of: bytes)) == String(digest.3))
    } else {
      #expect(Hexadecimal.text(bytes) == expected)
    }
    guard vector.isReadable else {
      #expect(throws: PackageProblem(package: 1, offset: 7, found: "no attribute", expected: "one or more")) { try Self.read(bytes) }
      return
    }
    #expect(try Self.read(bytes) == [vector.package])
  }

  @Test("every vector is tested")
  func all() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/vectors.tsv")
    let names = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap { $0.split(separator: "\t").first.map(String.init) }
    #expect(names == Self.vectors.map(\.testDescription))
  }

  /// Packages of any texts and contents, the same for the same seed.
  private static func packages(_ seed: UInt64) -> [FlowFilePackage] {
    var random = SeededGenerator(seed: seed)
    func text() -> String {
      let scalars: [Unicode.Scalar] = ["a", "=", "\u{0}", "é", "✓", "𝄞", "\n", "\u{301}"]
      return String(String.UnicodeScalarView((0..<Int.random(in: 0...20, using: &random)).map { _ in scalars.randomElement(using: &random) ?? "a" }))
    }
    return (0..<Int.random(in: 1...5, using: &random)).map { _ in
      let count = Int.random(in: 1...6, using: &random)
      let attributes = Dictionary((0..<count).map { _ in (text(), text()) }) { $1 }
      return FlowFilePackage(attributes: attributes, content: (0..<Int.random(in: 0...300, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) })
    }
  }

  @Test("whatever is written, several in a row, is read back", arguments: 0..<100)
  func round(seed: Int) throws {
    let packages = Self.packages(UInt64(seed))
    #expect(try Self.read(packages.flatMap(\.bytes)) == packages)
  }

  @Test("a stream that is cut off is refused with the place, wherever it is cut")
  func truncated() throws {
    let packages = Self.vectors.prefix(3).map(\.package), bytes = packages.flatMap(\.bytes)
    var ends: Set<Int> = [0]
    for count in 1...packages.count { ends.insert(packages.prefix(count).flatMap(\.bytes).count) }
    for length in 0...bytes.count {
      let cut = Array(bytes.prefix(length))
      guard !ends.contains(length) else {
        #expect(try Self.read(cut).count == ends.filter { $0 < length }.count)
        continue
      }
      let problem = #expect(throws: PackageProblem.self) { try Self.read(cut) }
      #expect(problem?.offset == length && problem?.found.hasPrefix("the end, within ") == true, "\(length)")
      #expect(problem?.package == ends.filter { $0 < length }.count, "\(length)")
    }
  }

  struct Refusal: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// Hexadecimal.
    var bytes: String
    var problem: String
  }

  static let refusals = [
    Refusal(testDescription: "another version", bytes: "4e694669464632", problem: "package 1, byte 0: no beginning of a package; expected 'NiFiFF3'"),
    Refusal(
      testDescription: "something behind a package", bytes: "4e6946694646330001000161000162000000000000000058585858585858",
      problem: "package 2, byte 23: no beginning of a package; expected 'NiFiFF3'"),
    Refusal(
      testDescription: "more attributes than are accepted", bytes: "4e694669464633ffff7fffffff",
      problem: "package 1, byte 7: 2147483647 attributes; expected at most 10000"),
    Refusal(
      testDescription: "a number that is negative for NiFi", bytes: "4e694669464633ffff80000000",
      problem: "package 1, byte 9: the number of attributes is 2147483648; expected at most 2147483647"),
    Refusal(
      testDescription: "a name that is longer than all attributes may be", bytes: "4e6946694646330001ffff7fffffff",
      problem: "package 1, byte 9: the name of attribute 1 makes attributes of 2147483647 bytes; expected at most 16777216"),
    Refusal(
      testDescription: "a content that is longer than is accepted", bytes: "4e69466946463300010001610001627fffffffffffffff",
      problem: "package 1, byte 15: a content of 9223372036854775807 bytes; expected at most 1073741824"),
    Refusal(
      testDescription: "a content whose length is negative for NiFi", bytes: "4e6946694646330001000161000162ffffffffffffffff",
      problem: "package 1, byte 15: a content of 18446744073709551615 bytes; expected at most 1073741824"),
    Refusal(testDescription: "a name that is not UTF-8", bytes: "4e69466946463300010001ff", problem: "package 1, byte 11: the name of attribute 1 is not UTF-8; expected UTF-8"),
  ]

  @Test("what is no package is refused with the place and what was expected", arguments: refusals)
  func refused(_ refusal: Refusal) throws {
    let bytes = try #require(Hexadecimal.bytes(refusal.bytes))
    let problem = #expect(throws: PackageProblem.self) { try Self.read(bytes) }
    #expect(problem?.description == refusal.problem)
  }

  @Test("a long form of a short number is read, and of two attributes with one name the later counts, as in NiFi")
  func lenient() throws {
    let bytes = try #require(Hexadecimal.bytes("4e694669464633ffff00000002000161000162000161000163" + "0000000000000000"))
    #expect(try Self.read(bytes) == [FlowFilePackage(attributes: ["a": "c"], content: [])])
  }
}

/// SplitMix64.
private struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }
}
