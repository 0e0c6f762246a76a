import FlowCore

extension PropertyKind where Value == JSONPath {
  /// A path from the document's root to rows.
  static var rowsPath: PropertyKind {
    .scalar("JSON path", expected: "a path from the root such as /summary or /dataPoints/*/zones") { text in
      JSONPath(text).flatMap { $0.leadsToRows ? $0 : nil }
    }
  }

  /// A path to one value of a row.
  static var valuePath: PropertyKind {
    .scalar(
      "JSON path",
      expected: "a path from the row such as value, ../date or distances[activity=total]/distance, or from the root such as /date"
    ) { text in
      JSONPath(text).flatMap { $0.leadsToValue ? $0 : nil }
    }
  }

  /// A path from the document's root to many values.
  static var totalPath: PropertyKind {
    .scalar("JSON path", expected: "a path from the root that ends in a member, such as /dataPoints/*/kcal") { text in
      JSONPath(text).flatMap { $0.leadsToRows && $0.parentAndMember != nil && $0.referredColumns.isEmpty ? $0 : nil }
    }
  }
}

extension PropertyKind where Value == Double {
  /// A number or a fraction, not 0: `0.000001`, `1/60`.
  static var factor: PropertyKind {
    .scalar("factor", expected: "a number other than 0, or a fraction such as 1/60") { text in
      let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Double($0) }
      let value: Double? =
        switch (parts.count, parts[0], parts.last ?? nil) {
        case (1, let number?, _): number
        case (2, let numerator?, let denominator?): numerator / denominator
        default: nil
        }
      return value.flatMap { $0.isFinite && $0 != 0 ? $0 : nil }
    }
  }
}
