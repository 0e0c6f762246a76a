import FlowCore
import Foundation
import StudyModel

/// One kind of slice that SliceTimeRange cuts: an entry of its property `slices`.
struct SliceDeclaration: ConfigurationRecord {
  static let relationship = Property<String>.required("relationship", .text, "Name of the relationship for slices of this kind.")
  static let dataType = Property<String>.required("data_type", .text, "Name in the ledger: `intraday-heart-rate`.")
  static let step = Property<SliceStep>.required(
    "step", .sliceStep,
    "Longest slice: a duration of whole minutes up to 24h, cut at midnight of the zone; or `1d`: whole civil days of the zone.")
  static let zone = Property("zone", .expression, default: "UTC", "Zone in which days begin: `UTC` or `${participant.zone}`.")
  static let scope = Property<String>("scope", .scope, "Scope that the data needs; without it nothing is requested and the slice is `failed`.")
  static let total = Property<TableColumn>(
    "total", .tableColumn,
    "Column with the total of a whole day, as `table.column`: `flowrun coverage` reports a day that was answered empty although its total is above 0 as lost.")

  static let anyScope = Property<[String]>(
    "any_scope", .list(of: .scope), default: "", "Scopes of which one is sufficient, each for part of the data; without any the slice is `failed`.")
  static let reread = Property<Duration>("reread", .duration, "Overrides the processor's `reread` for this kind.")

  static let span = Property<Duration>(
    "span", .duration,
    "Most time that one request covers: contiguous slices up to it share a FlowFile and a request, and each has its own row in the ledger. With `step: 1d` in whole days. Absent: a request for each slice.")
  static let condition = Property<any AttributeExpression>(
    "when", .expression, "Condition on parameters: without it the kind is not cut, as `${#{detail}:equals('1min')}`.")

  static let properties = [
    PropertyDescriptor(relationship), PropertyDescriptor(dataType), PropertyDescriptor(step), PropertyDescriptor(span), PropertyDescriptor(zone),
    PropertyDescriptor(scope), PropertyDescriptor(anyScope), PropertyDescriptor(reread), PropertyDescriptor(total), PropertyDescriptor(condition),
  ]

  let relationship: String
  let dataType: String
  let step: SliceStep
  let zone: any AttributeExpression
  let scope: String?
  let total: TableColumn?
  let anyScope: [String]
  /// nil for the processor's value.
  let rereadSeconds: Int64?
  /// nil: each slice has a request of its own.
  let span: Duration?
  /// Whether the flow's parameters fulfil `when`.
  let isActive: Bool

  init?(_ values: PropertyValues, node: ConfigurationNode, reader: PropertyReader) {
    relationship = values[Self.relationship]
    dataType = values[Self.dataType]
    step = values[Self.step]
    zone = values[Self.zone]
    scope = values.optional(Self.scope)
    total = values.optional(Self.total)
    anyScope = values[Self.anyScope]
    rereadSeconds = values.optional(Self.reread).map { $0.wholeMilliseconds / 1000 }
    span = values.optional(Self.span)
    guard let isActive = Self.isActive(values, node, reader), Self.fits(span, step, node, reader) else { return nil }
    self.isActive = isActive
    guard let name = zone.literal, CivilZone(name) == nil else { return }
    reader.inside(Self.zone.name).report(
      node.member(Self.zone.name) ?? node, expected: "an IANA name such as America/Chicago, UTC or ${participant.zone}",
      hint: NearestName.suggestion(for: name, among: TimeZone.knownTimeZoneIdentifiers))
    return nil
  }
}

extension SliceDeclaration {
  /// How much time one request may cover; nil: one slice.
  var limit: SpanLimit? { span.map { SpanLimit($0, step: step) } }
  /// The longest time that one request covers.
  var longest: Duration { max(span ?? .zero, step.longest) }

  /// Evaluates `when`, which is decided once for all participants; nil if that is not possible.
  private static func isActive(_ values: PropertyValues, _ node: ConfigurationNode, _ reader: PropertyReader) -> Bool? {
    guard let condition = values.optional(Self.condition) else { return true }
    let nobody = FlowFile(id: FlowFileID(SeededRandomSource(seed: 0)), lineage: LineageID(0), created: Instant(seconds: 0))
    var found = condition.attributeNames.isEmpty ? "" : "reads '\(condition.attributeNames.sorted().joined(separator: "', '"))'"
    if condition.attributeNames.isEmpty {
      do {
        guard let text = condition.literal else { return try condition.isTrue(for: nobody) }
        if let isActive = Bool(text) { return isActive }
        found = "is '\(text)'"
      } catch {
        found = "has no value: \(error)"
      }
    }
    reader.inside(Self.condition.name).report(
      .conflictingProperties, at: (node.member(Self.condition.name) ?? node).position, found: "'when' \(found)",
      expected: "a condition on parameters alone, such as ${#{detail}:equals('1min')}")
    return nil
  }

  private static func fits(_ span: Duration?, _ step: SliceStep, _ node: ConfigurationNode, _ reader: PropertyReader) -> Bool {
    guard let span else { return true }
    let isWhole = step != .civilDay || span.wholeMilliseconds % 86_400_000 == 0
    guard !isWhole || span < step.longest else { return true }
    reader.inside(Self.span.name).report(
      node.member(Self.span.name) ?? node,
      expected: step == .civilDay ? "whole days such as 14d" : "at least the step, \(Units.text(of: step.longest))")
    return false
  }

  /// Whether the consent covers any of the data.
  func isCovered(_ isGranted: (String) -> Bool) -> Bool {
    (scope.map(isGranted) ?? true) && (anyScope.isEmpty || anyScope.contains(where: isGranted))
  }
}

/// The length of a slice.
package enum SliceStep: Sendable, Equatable {
  /// At most this many seconds (whole minutes), never across midnight, and clipped to the wanted time.
  case clock(seconds: Int64)
  /// A whole civil day of 23, 24 or 25 hours.
  case civilDay

  /// The longest time that one slice can span.
  package var longest: Duration {
    switch self {
    case .clock(let seconds): .seconds(seconds)
    case .civilDay: .seconds(86_400)
    }
  }
}

extension PropertyKind where Value == SliceStep {
  static var sliceStep: PropertyKind {
    .scalar("step", expected: "whole minutes up to 24h (such as 15m or 24h), or 1d for civil days") { text in
      if text == "1d" { return .civilDay }
      guard let duration = Units.duration(text) else { return nil }
      let seconds = duration.wholeMilliseconds / 1000
      guard duration.wholeMilliseconds % 60_000 == 0, (60...86_400).contains(seconds) else { return nil }
      return .clock(seconds: seconds)
    }
  }
}

extension PropertyKind where Value == TableColumn {
  static var tableColumn: PropertyKind {
    PropertyKind("column", expected: "a column of a table as table.column") { node, reader in
      let text = if case .scalar(let text) = node.value { text } else { "" }
      let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else {
        reader.report(node, expected: "a column of a table as table.column")
        return nil
      }
      let column = TableColumn(table: parts[0], column: parts[1])
      reader.note(column, at: node)
      return column
    }
  }
}
