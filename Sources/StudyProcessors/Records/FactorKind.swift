import FlowCore

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
