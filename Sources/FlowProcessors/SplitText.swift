import FlowCore

/// Splits a text into FlowFiles of some lines each, as NiFi's SplitText. Lines end with `\n`, `\r` or `\r\n`.
///
/// With `remove_trailing_newlines: false`, the fragments together are the original, and MergeContent with `defragment` restores it.
///
///     - name: split measurements
///       type: SplitText
///       properties: { line_split_count: 1000, header_line_count: 1 }
///       to: { splits: look for duplicates, original: drop }
package struct SplitText: Processor {
  static let lineCount = Property<Int>.required(
    "line_split_count", .integer(0...Int.max), "Lines of each fragment, without the header; 0: as many as `maximum_fragment_size` allows.")
  static let size = Property<Int>("maximum_fragment_size", .byteSize, "Maximum size of a fragment with its header; a single line that is larger is a fragment of its own.")
  static let headerCount = Property<Int>("header_line_count", .integer(0...Int.max), default: "0", "Lines of the header, which every fragment begins with.")
  static let marker = Property<String>(
    "header_line_marker_characters", .text, "How header lines begin, up to the first line that does not; only without `header_line_count`.")
  static let trims = Property<Bool>(
    "remove_trailing_newlines", .boolean, default: "true", "Whether line endings and empty lines at the end of a fragment are removed; an empty fragment is left out.")

  static let splits = Relationship("splits", "One FlowFile for each fragment.")
  static let original = Relationship("original", "The FlowFile that was split, also without fragments.")
  static let failure = Relationship(Relationship.failureName, "There are fewer lines than the header has, or the header is too large (`bad_data`).")

  package static let descriptor = ProcessorDescriptor(
    type: "SplitText",
    summary: "Splits a text into FlowFiles of a number of lines each, with its header in every one.",
    properties: [
      PropertyDescriptor(lineCount), PropertyDescriptor(size), PropertyDescriptor(headerCount), PropertyDescriptor(marker), PropertyDescriptor(trims),
    ],
    relationships: [splits, original, failure],
    writes: FragmentAttribute.descriptors + [
      AttributeDescriptor("text.line.count", "Number of lines of the original in the fragment."),
      AttributeDescriptor("fragment.size", "Size of the fragment in bytes, with its header."),
    ],
    check: { neighbourhood in
      guard neighbourhood.values[lineCount] == 0, neighbourhood.values.optional(size) == nil else { return [] }
      return [Diagnostic(.conflictingProperties, property: lineCount.name, found: "it is 0", expected: "maximum_fragment_size too, or a number of lines")]
    })

  private let split: TextSplit

  package init(_ configuration: ProcessorConfiguration) throws {
    split = TextSplit(
      lineCount: configuration[Self.lineCount], maximumBytes: configuration.optional(Self.size), headerLineCount: configuration[Self.headerCount],
      headerMarker: Array((configuration.optional(Self.marker) ?? "").utf8), trims: configuration[Self.trims])
  }

  package func process(_ session: ProcessSession) async throws {
    guard let flowFile = session.get() else { return }
    let fragments: [TextSplit.Fragment]
    do {
      fragments = try split.fragments(of: try await flowFile.contentBytes(session))
    } catch let error as ProcessorError {
      return session.transfer(flowFile, to: Self.failure, because: error.failure)
    }
    let identifier = FlowFileID(session.environment.random).text
    for (index, fragment) in fragments.enumerated() {
      var child = session.create(childOf: flowFile)
      child.content = Content(bytes: fragment.bytes)
      // NiFi counts these from 1.
      FragmentAttribute.mark(&child, identifier, index: index + 1, count: fragments.count, of: flowFile)
      child["text.line.count"] = String(fragment.lineCount)
      child["fragment.size"] = String(fragment.bytes.count)
      session.transfer(child, to: Self.splits)
    }
    session.transfer(FragmentAttribute.original(flowFile, identifier, count: fragments.count), to: Self.original)
  }
}

/// The attributes by which NiFi's processors that split tell MergeContent what belongs together.
enum FragmentAttribute {
  static let identifier = "fragment.identifier"
  static let index = "fragment.index"
  static let count = "fragment.count"
  static let originalName = "segment.original.filename"

  static let descriptors = [
    AttributeDescriptor(identifier, "The same for all fragments of a FlowFile; also on the original."),
    AttributeDescriptor(index, "Number of the fragment."),
    AttributeDescriptor(count, "Number of fragments; also on the original."),
    AttributeDescriptor(originalName, "The original's `filename`, or its uuid without one."),
  ]

  static func mark(_ fragment: inout FlowFile, _ identifier: String, index: Int, count: Int, of original: FlowFile) {
    fragment[Self.identifier] = identifier
    fragment[Self.index] = String(index)
    fragment[Self.count] = String(count)
    fragment[originalName] = original["filename"] ?? original.id.text
  }

  static func original(_ flowFile: FlowFile, _ identifier: String, count: Int) -> FlowFile {
    var original = flowFile
    original[Self.identifier] = identifier
    original[Self.count] = String(count)
    return original
  }
}
