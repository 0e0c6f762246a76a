/// Cases of the conformance data that are not met, each with its reason.
enum ConformanceExceptions {
  static let reasons: [String: String] = [:]
}
