import FlowCore
import StudyModel

/// A model file: SQL with references to tables and other models, in the part of dbt's language that flowrun has.
///
/// - `{{ source('flowrun', 'TABLE') }}`: a table or view of the database. `{{ ref('MODEL') }}`: another model.
/// - `{{ config(materialized='view'|'table'|'incremental', unique_key='…'|['…', …]) }}`: how the model is kept; a view unless it says otherwise.
/// - `{% if is_incremental() %} … {% endif %}`: only while rows are added to an incremental model; inside, `{{ this }}` is the model's own table.
/// - `{# … #}`: a comment. A `-` inside of a mark (`{{-`, `-%}`) takes away the white space on its side.
package struct ModelTemplate: Sendable, Equatable {
  package enum Piece: Sendable, Equatable {
    case text(String)
    case source(String, SourcePosition)
    case reference(String, SourcePosition)
    case this
  }

  /// Pieces, and whether they stand inside of `if is_incremental()`.
  package struct Part: Sendable, Equatable {
    package var piece: Piece
    package var isIncrementalOnly: Bool
  }

  package internal(set) var parts: [Part] = []
  package internal(set) var kind = ModelKind.view
  package internal(set) var uniqueKey: [String] = []

  /// The names of models that it refers to, each once, in order.
  package var references: [(name: String, position: SourcePosition)] {
    unique(parts.compactMap { if case .reference(let name, let position) = $0.piece { (name, position) } else { nil } })
  }

  /// The names of tables that it reads, each once, in order.
  package var sources: [(name: String, position: SourcePosition)] {
    unique(parts.compactMap { if case .source(let name, let position) = $0.piece { (name, position) } else { nil } })
  }

  private func unique(_ names: [(name: String, position: SourcePosition)]) -> [(name: String, position: SourcePosition)] {
    var seen: Set<String> = []
    return names.filter { seen.insert($0.name).inserted }
  }

  /// The model with the names of relations in the places of its references.
  package func build(as name: String) -> ModelBuild {
    ModelBuild(
      name: name, kind: kind, select: text(of: name, onTop: false), selectOnTop: kind == .incremental ? text(of: name, onTop: true) : nil, uniqueKey: uniqueKey)
  }

  private func text(of name: String, onTop: Bool) -> String {
    let texts = parts.filter { onTop || !$0.isIncrementalOnly }.map { part in
      switch part.piece {
      case .text(let text): text
      case .source(let relation, _), .reference(let relation, _): SQLName.quoted(relation)
      case .this: SQLName.quoted(name)
      }
    }
    return String(texts.joined().reversed().drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace))
  }
}
