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

  static let properties = [
    PropertyDescriptor(relationship), PropertyDescriptor(dataType), PropertyDescriptor(step), PropertyDescriptor(zone),
    PropertyDescriptor(scope), PropertyDescriptor(anyScope), PropertyDescriptor(reread), PropertyDescriptor(total),
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

  init?(_ values: PropertyValues, node: ConfigurationNode, reader: PropertyReader) {
    relationship = values[Self.relationship]
    dataType = values[Self.dataType]
    step = values[Self.step]
    zone = values[Self.zone]
    scope = values.optional(Self.scope)
    total = values.optional(Self.total)
    anyScope = values[Self.anyScope]
    rereadSeconds = values.optional(Self.reread).map { $0.wholeMilliseconds / 1000 }
    guard let name = zone.literal, CivilZone(name) == nil else { return }
    reader.inside(Self.zone.name).report(
      node.member(Self.zone.name) ?? node, expected: "an IANA name such as America/Chicago, UTC or ${participant.zone}",
      hint: NearestName.suggestion(for: name, among: TimeZone.knownTimeZoneIdentifiers))
    return nil
  }
}

extension SliceDeclaration {
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
