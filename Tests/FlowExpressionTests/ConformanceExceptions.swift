/// Cases of the conformance data that fail on purpose, each with its reason.
enum ConformanceExceptions {
  static let reasons: [String: String] = [:]
}
