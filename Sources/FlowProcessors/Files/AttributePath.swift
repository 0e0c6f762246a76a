import FlowCore

extension AttributeExpression {
  /// The path that it gives for a FlowFile. What attributes bring in must not lead to a parent folder: they come from elsewhere, the flow does not.
  /// - Parameter property: named in the message.
  /// - Throws: `ProcessorError` (`bad_request`) for a `..` that is not in the flow's own text; what `evaluate` throws.
  func path(_ flowFile: FlowFile, property: String) throws -> String {
    let path = try evaluate(flowFile)
    // Evaluated a second time only where it matters: nextInt() counts evaluations.
    guard literal == nil, Self.climbs(path) > 0, Self.climbs(path) > Self.climbs(try evaluate(flowFile, decorating: { _ in "x" })) else { return path }
    throw ProcessorError(
      .badRequest, "\(property) is '\(path)', in which an attribute leads to a parent folder (..); expected names below the folders that the flow names; "
        + "take '..' out of the attribute, or write it into the flow")
  }

  private static func climbs(_ path: String) -> Int { path.split(separator: "/").count { $0 == ".." } }
}
