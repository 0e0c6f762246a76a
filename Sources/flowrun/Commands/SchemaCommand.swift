import ArgumentParser
import FlowDefinition
import FlowRuntime

struct SchemaCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema", abstract: "Prints the JSON Schema of flow files, for completion and checking in editors.",
    discussion: """
      Draft 2020-12, made from the declarations of processors and services. Editors that use yaml-language-server, such as VS Code with the YAML \
      extension, read it if a flow file says where it is: flowrun schema > flow.schema.json, and as the flow's first line
      # yaml-language-server: $schema=flow.schema.json
      It finds misspelt keys, types and choices; flowrun validate finds everything.
      """)

  @OptionGroup var output: OutputOptions

  func run() async throws { Terminal(output).print(try JSONOutput.text(FlowCatalog.schema.document)) }
}
