/// What passes through a flow: attributes and content. A value; a processor edits its copy and transfers that.
package struct FlowFile: Sendable {
  /// Never changes. Also the attribute `uuid`.
  package let id: FlowFileID
  package var attributes: Attributes
  package var content: Content { didSet { finding = nil } }
  /// What a processor found out about the content, for one that comes later; other content has none. It is not kept on disk.
  package var finding: (any FlowFileFinding)?
  /// The lineage that waits for this FlowFile's end.
  package let lineage: LineageID
  /// The ids of its ancestors, the source's first; of a long line the source's and the latest, `ancestorLimit` in all.
  package let ancestors: [FlowFileID]
  /// When it entered the flow.
  package let created: Instant
  /// The last trouble it met, kept so that the error folder can tell.
  package var failure: FlowFileFailure?
  /// The response that its content was made from, once the content is something else: for the error folder, until the rows are written.
  /// The bytes are shared with whoever else holds them.
  package var response: [UInt8]?
  /// Indices of the processors that it and its ancestors have left, in order, each once: a loop does not make it longer.
  package private(set) var way: [Int] = []

  /// A FlowFile that goes round in a loop gets an ancestor each time.
  package static let ancestorLimit = 64

  package init(
    id: FlowFileID, attributes: Attributes = [:], content: Content = .empty, lineage: LineageID, ancestors: [FlowFileID] = [],
    created: Instant
  ) {
    self.id = id
    self.attributes = attributes
    self.content = content
    self.lineage = lineage
    let isLong = ancestors.count > Self.ancestorLimit
    self.ancestors = isLong ? ancestors.prefix(1) + ancestors.suffix(Self.ancestorLimit - 1) : ancestors
    self.created = created
  }

  /// An attribute's value. `uuid` is the id and cannot be set.
  package subscript(name: String) -> String? {
    get { name == "uuid" ? id.text : attributes[name] }
    set { if name != "uuid" { attributes[name] = newValue } }
  }
  /// What it weighs in a queue, in bytes; an estimate for attributes.
  package var sizeBytes: Int {
    content.sizeBytes + (response?.count ?? 0) + (finding?.sizeBytes ?? 0) + attributes.count * 64 + ancestors.count * MemoryLayout<FlowFileID>.stride + 128
  }

  /// Notes that it leaves a processor.
  package mutating func leave(_ processor: Int) {
    if !way.contains(processor) { way.append(processor) }
  }
  /// Takes over the way of the FlowFile that it descends from, or that it was before it came back from the error folder.
  package mutating func inherit(way: [Int]) { self.way = way }
}

/// Something found out about a FlowFile's content that would cost to find out again.
package protocol FlowFileFinding: Sendable {
  /// Memory that it takes, for queue thresholds.
  var sizeBytes: Int { get }
}

/// A random UUID (RFC 9562 version 4).
package struct FlowFileID: Hashable, Sendable, CustomStringConvertible {
  package let high: UInt64
  package let low: UInt64

  package init(_ random: any RandomSource) {
    high = random.next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
    low = random.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
  }

  /// Reads the canonical form, `8-4-4-4-12` hexadecimal digits of either case; nil for anything else.
  package init?(text: String) {
    let groups = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    // `UInt64(_:radix:)` alone would take a sign.
    guard groups.map(\.count) == [8, 4, 4, 4, 12], groups.joined().allSatisfy({ Hexadecimal.digit($0) != nil }),
      let high = UInt64(String(decoding: groups[..<3].joined(), as: UTF8.self), radix: 16),
      let low = UInt64(String(decoding: groups[3...].joined(), as: UTF8.self), radix: 16)
    else { return nil }
    self.high = high
    self.low = low
  }

  package var text: String {
    [(high >> 32, 8), (high >> 16 & 0xFFFF, 4), (high & 0xFFFF, 4), (low >> 48, 4), (low & 0xFFFF_FFFF_FFFF, 12)]
      .map { Hexadecimal.text($0.0, width: $0.1) }.joined(separator: "-")
  }
  package var description: String { text }
}
