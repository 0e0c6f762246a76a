// Paths in a parsed document.

#ifndef FLOW_JSON_DOCUMENT_HPP
#define FLOW_JSON_DOCUMENT_HPP

#include "CSimdJSON.h"

#include <cstring>
#include <memory>
#include <simdjson.h>
#include <string>
#include <string_view>
#include <vector>

struct flow_json_parser {
  simdjson::dom::parser parser;
  /// The document, followed by simdjson's padding. The parser copies strings, so the buffer is reusable after a parse.
  std::unique_ptr<uint8_t[]> bytes;
  size_t capacity = 0;
  simdjson::dom::element root;
  /// The pointer text of the last location returned.
  std::string pointer;
};

namespace flow_json {

using simdjson::dom::element;
using simdjson::dom::element_type;

/// The path from the root as references, only rendered for errors.
class Trail {
public:
  void push(std::string_view name) { crumbs.push_back({name, 0, false, false}); }
  void push(size_t index) { crumbs.push_back({{}, index, true, false}); }
  void push_selector(std::string_view member) { crumbs.push_back({member, 0, false, true}); }
  void pop() { crumbs.pop_back(); }
  void set_last(size_t index) { crumbs.back().index = index; }
  size_t depth() const { return crumbs.size(); }
  void cut(size_t depth) { crumbs.resize(depth); }
  /// RFC 6901; a selector without a match is shown as `[member]`.
  std::string text() const;

private:
  struct Crumb {
    std::string_view name;
    size_t index;
    bool is_index;
    bool is_selector;
  };
  std::vector<Crumb> crumbs;
};

/// Provides the texts of a row's other columns.
class RowTexts {
public:
  /// False if the column has no text in this row.
  virtual bool text_of(uint32_t column, std::string &text) const = 0;
  virtual ~RowTexts() = default;
};

/// A path and its start.
struct Way {
  element start;
  const flow_json_step *steps;
  uint32_t count;
  /// A null at the start is an error (a row), not NULL.
  bool starts_at_row;
  /// For selectors that refer to a column; NULL outside of rows.
  const RowTexts *texts = nullptr;
};

enum class Presence { here, absent, unfit, twice, unmatched };

/// Follows one component from `at`. Sets `next` to the result, or to the offending value if the result is `unfit`. Not
/// for FLOW_JSON_STEP_EACH.
Presence step(const uint8_t *names, const flow_json_step &step, element at, element &next, Trail *trail,
              const RowTexts *texts = nullptr);

/// The text of a string, of a whole number, or of a date given as an object; false for anything else.
bool text_in(element value, std::string &text);

/// Follows a path. Returns whether its end exists; otherwise, `why` is the reason and `end` the last element reached.
bool follow(const uint8_t *names, const Way &way, element &end, flow_json_kind &why, Trail *trail);

flow_json_cell cell_of(element value, bool takes_civil_date);

inline std::string_view text(const uint8_t *names, uint32_t offset, uint32_t length) {
  return {reinterpret_cast<const char *>(names) + offset, length};
}

template <typename Word> inline bool has_same_ends(std::string_view left, std::string_view right) {
  Word words[4];
  const size_t last = left.size() - sizeof(Word);
  std::memcpy(words, left.data(), sizeof(Word));
  std::memcpy(words + 1, right.data(), sizeof(Word));
  std::memcpy(words + 2, left.data() + last, sizeof(Word));
  std::memcpy(words + 3, right.data() + last, sizeof(Word));
  return ((words[0] ^ words[1]) | (words[2] ^ words[3])) == 0;
}

/// Compares inline, because a call of memcmp costs more than comparing short member names; by two words that overlap.
inline bool is_same(std::string_view left, std::string_view right) {
  const size_t size = left.size();
  if (size != right.size()) return false;
  if (size >= 4 && size <= 8) return has_same_ends<uint32_t>(left, right);
  if (size >= 8 && size <= 16) return has_same_ends<uint64_t>(left, right);
  for (size_t index = 0; index < size; index++) {
    if (left[index] != right[index]) return false;
  }
  return true;
}

}  // namespace flow_json

#endif
