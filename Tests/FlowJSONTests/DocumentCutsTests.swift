import FlowCore
import FlowJSON
import FlowTesting
import Testing

/// A document cut into pieces has the rows of the whole.
@Suite("Pieces of a document")
struct DocumentCutsTests {
  private static func cuts(_ document: String, rows: String, pieceBytes: Int64 = 64) throws -> (cuts: DocumentCuts?, bytes: [UInt8]) {
    let bytes = Array(document.utf8)
    return (DocumentCuts(rows: try #require(JSONPath(rows)), pieceBytes: pieceBytes) { read(bytes, $0, $1) }, bytes)
  }

  private static func read(_ bytes: [UInt8], _ offset: Int64, _ count: Int) -> [UInt8] { Array(bytes.dropFirst(Int(offset)).prefix(count)) }

  /// A list whose elements hold brackets, commas and quotes in texts, below members and beside others.
  private static func document(_ dice: SeededRandomSource) -> (text: String, rows: String) {
    let texts = ["", "a,b", "]}", "\\\"[{", "ä\\u00e4", "\\\\"]
    let elements = (0..<Int(dice.next() % 60)).map { number in
      "{\"value\" : \(number),\"text\":\"\(texts[Int(dice.next() % 6)])\",\"list\":[\(number),[],{\"dataset\":[1,2]}]}\(dice.next() % 3 == 0 ? "\n " : "")"
    }
    let list = "[ \(elements.joined(separator: dice.next() % 2 == 0 ? "," : " ,\n"))]"
    switch dice.next() % 4 {
    case 0: return (list, "/*")
    case 1: return ("{\"dataset\":\(list)}", "/dataset")
    case 2: return ("{\"other\":[{\"dataset\":[7]}],\"text\":\"dataset\",\"outer\":{\"x\":{\"dataset\":1},\"dataset\" : \(list),\"after\":[1,2]},\"last\":null}\n", "/outer/dataset/*")
    default: return ("{\"meta\":{\"dataset\":3},\"dataset\":\(list),\"n\":\"\\\"dataset\\\":[\"}", "/dataset/*")
    }
  }

  @Test("have all rows of the whole, in its order", arguments: Seeds.chosen(usual: 200))
  func rows(seed: UInt64) throws {
    let dice = SeededRandomSource(seed: seed)
    let (text, rows) = Self.document(dice)
    let columns = [try column("value", .integer), try column("text", .text)]
    let whole = try extract(text, rows: rows, columns).lines
    let (cuts, bytes) = try Self.cuts(text, rows: rows, pieceBytes: 64 + Int64(dice.next() % 300))
    guard let cuts else { return }
    var found: [String] = []
    for piece in cuts.pieces {
      let document = cuts.document(piece) { Self.read(bytes, $0, $1) }
      found += try extract(String(decoding: document, as: UTF8.self), rows: rows, columns).lines
    }
    #expect(found == whole && cuts.pieces.count > 1, "\(text)")
    #expect(cuts.head.upperBound == cuts.pieces[0].lowerBound && cuts.tail.lowerBound == cuts.pieces[cuts.pieces.count - 1].upperBound)
  }

  private static let long = (0..<40).map { "{\"value\":\($0)}" }.joined(separator: ",")

  @Test(
    "are not made of a document that is small, has no such list, or has too much around it",
    arguments: [
      ("{\"dataset\":[{\"value\":1}]}", "/dataset"), ("{\"dataset\":{\"value\":[\(long)]}}", "/dataset"), ("{\"other\":[\(long)]}", "/dataset"),
      ("[\(long)]", "/dataset"), ("{\"dataset\":\"\(long.count)\"}", "/dataset"), ("{\"dataset\":null}", "/dataset"), ("", "/dataset"),
      ("{\"x\":\"\(String(repeating: "y", count: 100))\",\"dataset\":[\(long)]}", "/dataset"), ("{\"dataset\":[\(long)", "/dataset"),
      ("{\"dataset\":[\(long)]}", "/dataset[a=b]/rows"),
    ])
  func uncut(document: String, rows: String) throws {
    #expect(try Self.cuts(document, rows: rows).cuts == nil)
  }
}
