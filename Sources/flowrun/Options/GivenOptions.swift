import FlowRuntime

extension CommandHint {
  init(_ options: FlowOptions) {
    self.init(options: options.given, hasParameters: !options.parameters.isEmpty || options.parametersFile != nil)
  }
}

extension FlowOptions {
  static let defaultErrors = "errors"
  static let defaultState = ".flowrun"

  /// The given options, to repeat them in suggested commands. A sensitive value is either a file name here or was
  /// rejected.
  var given: [String] {
    parameters.flatMap { ["-p", $0] }
      + (parametersFile.map { ["--parameters", $0] } ?? [])
      + (errors == Self.defaultErrors ? [] : ["--errors", errors])
      + (state == Self.defaultState ? [] : ["--state", state])
  }
}
