/// The unit that passes through a flow: attributes and content. A value: a processor edits its copy and transfers it.
///
/// A FlowFile is copied at every step (queue, session, disposition, commit), so a copy costs two references: what it carries lies behind one
/// array, which is copied on the first write.
package struct FlowFile: Sendable {
  private struct Load: Sendable {
    var attributes: Attributes
    var content: Content
    var finding: (any FlowFileFinding)?
    var ancestors: [FlowFileID]
    var failure: FlowFileFailure?
    var response: [UInt8]?
    var responseClaim: ContentClaim?
  }

  /// Never changes. Also the attribute `uuid`.
  package let id: FlowFileID
  /// The lineage that ends no earlier than this FlowFile.
  package let lineage: LineageID
  /// When it entered the flow.
  package let created: Instant
  /// One element, never more or fewer.
  private var loads: [Load]

  package var attributes: Attributes {
    get { loads[0].attributes }
    _modify { yield &loads[0].attributes }
  }
  package var content: Content {
    get { loads[0].content }
    set {
      loads[0].content = newValue
      loads[0].finding = nil
    }
  }
  /// A processor's finding about the content for a later processor; cleared when the content changes. Not persisted.
  package var finding: (any FlowFileFinding)? {
    get { loads[0].finding }
    set { loads[0].finding = newValue }
  }
  /// The ids of its ancestors, the source's first. Long lists keep the source and the latest, `ancestorLimit` in total.
  package var ancestors: [FlowFileID] { loads[0].ancestors }
  /// The last failure, kept for the error folder.
  package var failure: FlowFileFailure? {
    get { loads[0].failure }
    set { loads[0].failure = newValue }
  }
  /// The response from which the current content was made, kept for the error folder until the rows are written. The
  /// bytes are shared copy-on-write.
  package var response: [UInt8]? {
    get { loads[0].response }
    set { loads[0].response = newValue }
  }
  /// The same for a response in a file.
  package var responseClaim: ContentClaim? {
    get { loads[0].responseClaim }
    set { loads[0].responseClaim = newValue }
  }
  /// Indices of the processors that it and its ancestors have left, in order, without repetition, so loops do not
  /// lengthen it. Beside the load, because every step adds to it.
  package private(set) var way: [Int] = []

  /// Bounds `ancestors`: a FlowFile in a loop gains an ancestor on every pass.
  package static let ancestorLimit = 64

  package init(
    id: FlowFileID, attributes: Attributes = [:], content: Content = .empty, lineage: LineageID, ancestors: [FlowFileID] = [],
    created: Instant
  ) {
    self.id = id
    self.lineage = lineage
    self.created = created
    let isLong = ancestors.count > Self.ancestorLimit
    let kept = isLong ? ancestors.prefix(1) + ancestors.suffix(Self.ancestorLimit - 1) : ancestors
    loads = [Load(attributes: attributes, content: content, ancestors: kept)]
  }

  /// An attribute's value. `uuid` is the id and cannot be set.
  package subscript(name: String) -> String? {
    get { name == "uuid" ? id.text : loads[0].attributes[name] }
    set { if name != "uuid" { loads[0].attributes[name] = newValue } }
  }
  /// Its size for queue thresholds, in bytes; attributes are estimated.
  package var sizeBytes: Int {
    content.sizeBytes + (response?.count ?? 0) + (finding?.sizeBytes ?? 0) + attributes.count * 64 + ancestors.count * MemoryLayout<FlowFileID>.stride + 128
  }

  /// Records that it leaves a processor.
  package mutating func leave(_ processor: Int) {
    if !way.contains(processor) { way.append(processor) }
  }
  /// Takes over the path of its parent, or its own path after a return from the error folder.
  package mutating func inherit(way: [Int]) { self.way = way }
}

/// A result about a FlowFile's content that is expensive to compute again.
package protocol FlowFileFinding: Sendable {
  /// Memory in bytes, for queue thresholds.
  var sizeBytes: Int { get }
}

/// A random UUID (RFC 9562 version 4).
package struct FlowFileID: Hashable, Sendable, CustomStringConvertible {
  package let high: UInt64
  package let low: UInt64

  package init(_ random: any RandomSource) {
    // RFC 9562 fixes four bits for the version and two for the variant.
    high = random.next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
    low = random.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
  }

  /// Parses the canonical form, `8-4-4-4-12` hexadecimal digits of either case; nil for anything else.
  package init?(text: String) {
    let groups = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    // `UInt64(_:radix:)` alone would accept a sign.
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
