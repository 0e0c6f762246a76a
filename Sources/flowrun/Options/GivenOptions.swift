import FlowRuntime

extension CommandHint {
  init(_ options: FlowOptions) {
    self.init(options: options.given, hasParameters: !options.parameters.isEmpty || options.parametersFile != nil)
  }
}

extension FlowOptions {
  static let defaultErrors = "errors"
  static let defaultState = ".flowrun"

  /// The options as they were given, for a command that is to mean the same. A sensitive value is a file's name here or was refused.
  var given: [String] {
    parameters.flatMap { ["-p", $0] }
      + (parametersFile.map { ["--parameters", $0] } ?? [])
      + (errors == Self.defaultErrors ? [] : ["--errors", errors])
      + (state == Self.defaultState ? [] : ["--state", state])
  }
}
