// The whole job without an engine: what the machine allows. Refreshes each participant's token and makes the new one durable, asks for one
// day of each data type, and writes rows and ledger into the tables that flowrun makes. Nothing is retried, checked or reported; the first
// failure ends it.
//
// Usage: bare_job URL PARTICIPANTS DATABASE DATE DETAIL [THREADS]
// Prints seconds and rows.
#include <curl/curl.h>
#include <dirent.h>
#include <fcntl.h>
#include <simdjson.h>
#include <sqlite3.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

using std::string;
namespace dom = simdjson::dom;

[[noreturn]] static void fail(const string &what) {
  std::fprintf(stderr, "bare_job: %s\n", what.c_str());
  std::_Exit(1);
}

// Files ----------------------------------------------------------------------------------------------------------------------------------

static string read_file(const string &path) {
  std::ifstream stream(path, std::ios::binary);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

// As flowrun does: a file of its own, synchronised, renamed, and the folder synchronised.
static void replace_durably(const string &folder, const string &name, const string &text) {
  const string temporary = folder + "/." + name + ".new";
  const int file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (file < 0 || write(file, text.data(), text.size()) != ssize_t(text.size()) || fsync(file) != 0) fail("cannot write " + temporary);
  close(file);
  if (rename(temporary.c_str(), (folder + "/" + name).c_str()) != 0) fail("cannot rename " + temporary);
  const int directory = open(folder.c_str(), O_RDONLY);
  if (fsync(directory) != 0) fail("cannot synchronise " + folder);
  close(directory);
}

// HTTP -----------------------------------------------------------------------------------------------------------------------------------

struct Connection {
  CURL *curl = curl_easy_init();
  string answer;

  Connection() {
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, +[](char *data, size_t, size_t length, void *self) {
      static_cast<Connection *>(self)->answer.append(data, length);
      return length;
    });
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TCP_NODELAY, 1L);
  }
  ~Connection() { curl_easy_cleanup(curl); }

  // `form`: what is posted; empty for a GET signed with `token`.
  const string &ask(const string &url, const string &token, const string &form = "") {
    answer.clear();
    curl_slist *headers = form.empty() ? curl_slist_append(nullptr, ("Authorization: Bearer " + token).c_str()) : nullptr;
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    if (form.empty()) {
      curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    } else {
      curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, form.c_str());
    }
    const CURLcode code = curl_easy_perform(curl);
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    if (code != CURLE_OK || status != 200) fail(url + ": " + curl_easy_strerror(code) + ", status " + std::to_string(status));
    return answer;
  }
};

// Rows -----------------------------------------------------------------------------------------------------------------------------------

struct Sample {
  int64_t instant, value;
};

static int64_t day_start(const string &date) {
  tm parts{};
  if (!strptime(date.c_str(), "%Y-%m-%d", &parts)) fail("not a date: " + date);
  return timegm(&parts);
}

static int64_t time_of_day(std::string_view text) {
  const auto digit = [&](size_t place) { return int64_t(text[place] - '0'); };
  return (digit(0) * 10 + digit(1)) * 3600 + (digit(3) * 10 + digit(4)) * 60 + digit(6) * 10 + digit(7);
}

static std::vector<Sample> samples(dom::parser &parser, const string &document, const char *member, int64_t start) {
  std::vector<Sample> rows;
  for (dom::element row : parser.parse(document)[member]["dataset"].get_array()) {
    rows.push_back({start + time_of_day(row["time"].get_string()), row["value"].get_int64()});
  }
  return rows;
}

struct Day {
  string date, activity;
};

struct Answer {
  string participant;
  std::vector<Sample> heart, steps;
  std::vector<Day> days;
  // Of all days.
  string zones;
};

// Database -------------------------------------------------------------------------------------------------------------------------------

class Database {
 public:
  explicit Database(const string &path) {
    if (sqlite3_open(path.c_str(), &database_) != SQLITE_OK) fail("cannot open " + path);
    run("PRAGMA journal_mode = WAL");
    run("PRAGMA synchronous = NORMAL");
    run("PRAGMA cache_size = -8192");
  }
  ~Database() {
    for (sqlite3_stmt *statement : {participant_, heart_, heart_one_, steps_, steps_one_, activity_, zone_, slice_}) sqlite3_finalize(statement);
    run("PRAGMA wal_checkpoint(TRUNCATE)");
    sqlite3_close(database_);
  }

  // One transaction for all that a participant has. Returns the number of rows.
  size_t write(const Answer &answer) {
    const std::lock_guard lock(mutex_);
    run("BEGIN IMMEDIATE");
    bind(participant_, "INSERT INTO participant (name) VALUES (?)", {answer.participant});
    const int64_t participant = sqlite3_last_insert_rowid(database_);
    write(answer.heart, participant, "fitbit_intraday_hr", heart_, heart_one_);
    write(answer.steps, participant, "fitbit_intraday_steps", steps_, steps_one_);
    note(participant, "intraday-heart-rate", answer.heart.size());
    note(participant, "intraday-steps", answer.steps.size());
    size_t zones = 0;
    for (size_t day = 0; day < answer.days.size(); day++) zones += write(answer.days[day], answer.zones, day, participant);
    run("COMMIT");
    return answer.heart.size() + answer.steps.size() + answer.days.size() + zones;
  }

 private:
  static constexpr size_t kRowsPerStatement = 48;
  sqlite3 *database_ = nullptr;
  std::mutex mutex_;
  dom::parser parser_;
  sqlite3_stmt *participant_ = nullptr, *heart_ = nullptr, *heart_one_ = nullptr, *steps_ = nullptr, *steps_one_ = nullptr,
               *activity_ = nullptr, *zone_ = nullptr, *slice_ = nullptr;

  void run(const char *sql) {
    if (sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail(string(sql) + ": " + sqlite3_errmsg(database_));
  }

  sqlite3_stmt *prepared(sqlite3_stmt *&statement, const string &sql) {
    if (!statement && sqlite3_prepare_v2(database_, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) fail(sql + ": " + sqlite3_errmsg(database_));
    return statement;
  }

  void step(sqlite3_stmt *statement) {
    if (sqlite3_step(statement) != SQLITE_DONE) fail(sqlite3_errmsg(database_));
    sqlite3_reset(statement);
  }

  void bind(sqlite3_stmt *&slot, const string &sql, const std::vector<string> &values) {
    sqlite3_stmt *statement = prepared(slot, sql);
    int place = 1;
    for (const string &value : values) sqlite3_bind_text(statement, place++, value.data(), int(value.size()), SQLITE_STATIC);
    step(statement);
  }

  static string insert(const string &table, size_t rows) {
    string sql = "INSERT INTO " + table + " (participant_id, instant, utc_offset, value) VALUES (?1,?,?,?)";
    for (size_t row = 1; row < rows; row++) sql += ",(?1,?,?,?)";
    return sql;
  }

  void write(const std::vector<Sample> &rows, int64_t participant, const string &table, sqlite3_stmt *&many, sqlite3_stmt *&one) {
    size_t done = 0;
    while (done < rows.size()) {
      const bool is_group = rows.size() - done >= kRowsPerStatement;
      const size_t count = is_group ? kRowsPerStatement : 1;
      sqlite3_stmt *statement = prepared(is_group ? many : one, insert(table, count));
      sqlite3_bind_int64(statement, 1, participant);
      int place = 2;
      for (size_t row = done; row < done + count; row++) {
        sqlite3_bind_int64(statement, place++, rows[row].instant);
        sqlite3_bind_int64(statement, place++, -21600);
        sqlite3_bind_int64(statement, place++, rows[row].value);
      }
      step(statement);
      done += count;
    }
  }

  // Returns the number of zones.
  size_t write(const Day &day, const string &zones, size_t index, int64_t participant) {
    static const char *const members[] = {"activityCalories", "caloriesBMR", "caloriesOut", "marginalCalories", "steps", "elevation", "floors",
                                          "veryActiveMinutes", "fairlyActiveMinutes", "lightlyActiveMinutes", "sedentaryMinutes", "restingHeartRate"};
    sqlite3_stmt *activity = prepared(
        activity_, "INSERT INTO fitbit_daily_activity (participant_id, date, activity_calories, calories_bmr, calories_out, marginal_calories, steps, "
                   "elevation, floors, very_active_minutes, fairly_active_minutes, lightly_active_minutes, sedentary_minutes, resting_heart_rate, "
                   "distance) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    const dom::element summary = parser_.parse(day.activity)["summary"];
    sqlite3_bind_int64(activity, 1, participant);
    sqlite3_bind_text(activity, 2, day.date.data(), int(day.date.size()), SQLITE_STATIC);
    int place = 3;
    for (const char *member : members) {
      double value = 0;
      if (summary[member].get(value) == simdjson::SUCCESS) sqlite3_bind_double(activity, place, value);
      else sqlite3_bind_null(activity, place);
      place++;
    }
    sqlite3_bind_double(activity, place, summary["distances"].at(0)["distance"].get_double());
    step(activity);
    note(participant, ("daily-activity " + day.date).c_str(), 1);

    sqlite3_stmt *statement = prepared(
        zone_, "INSERT INTO fitbit_hr_summary (participant_id, date, zone, min, max, minutes, calories_out) VALUES (?,?,?,?,?,?,?)");
    size_t count = 0;
    for (dom::element zone : parser_.parse(zones)["activities-heart"].at(index)["value"]["heartRateZones"].get_array()) {
      const std::string_view name = zone["name"].get_string();
      sqlite3_bind_int64(statement, 1, participant);
      sqlite3_bind_text(statement, 2, day.date.data(), int(day.date.size()), SQLITE_STATIC);
      sqlite3_bind_text(statement, 3, name.data(), int(name.size()), SQLITE_STATIC);
      sqlite3_bind_int64(statement, 4, zone["min"].get_int64());
      sqlite3_bind_int64(statement, 5, zone["max"].get_int64());
      sqlite3_bind_int64(statement, 6, zone["minutes"].get_int64());
      sqlite3_bind_double(statement, 7, zone["caloriesOut"].get_double());
      step(statement);
      count++;
    }
    note(participant, ("heart-rate-zones " + day.date).c_str(), count);
    return count;
  }

  void note(int64_t participant, const char *type, size_t rows) {
    sqlite3_stmt *statement = prepared(
        slice_, "INSERT INTO slice (participant_id, data_type, start_instant, end_instant, state, rows, run, vanished) "
                "VALUES (?, ?, 0, 86400, 'written', ?, 'bare', 0)");
    sqlite3_bind_int64(statement, 1, participant);
    sqlite3_bind_text(statement, 2, type, -1, SQLITE_TRANSIENT);
    sqlite3_bind_int64(statement, 3, int64_t(rows));
    step(statement);
  }
};

// The job --------------------------------------------------------------------------------------------------------------------------------

static string renewed_token(Connection &connection, const string &url, const string &folder, const string &name, dom::parser &parser) {
  const string text = read_file(folder + "/" + name);
  const string refresh(parser.parse(text)["refresh_token"].get_string().value());
  const string form = "client_id=bench&grant_type=refresh_token&refresh_token=" + refresh;
  const dom::element answer = parser.parse(connection.ask(url + "/oauth2/token", "", form));
  const string access(answer["access_token"].get_string().value()), next(answer["refresh_token"].get_string().value());
  string renewed = text;
  for (size_t place; (place = renewed.find(refresh)) != string::npos && refresh != next;) renewed.replace(place, refresh.size(), next);
  replace_durably(folder, name, renewed);
  return access;
}

int main(int count, char **arguments) {
  if (count < 6) fail("usage: bare_job URL PARTICIPANTS DATABASE DATE DETAIL [THREADS]");
  const string url = arguments[1], folder = arguments[2], date = arguments[4], detail = arguments[5];
  const int threads = count > 6 ? std::atoi(arguments[6]) : 4;
  std::vector<string> names;
  DIR *directory = opendir(folder.c_str());
  if (!directory) fail("cannot read " + folder);
  while (const dirent *entry = readdir(directory)) {
    const string name = entry->d_name;
    if (name[0] != '.' && name.size() > 5 && name.substr(name.size() - 5) == ".json") names.push_back(name);
  }
  closedir(directory);

  const auto begin = std::chrono::steady_clock::now();
  curl_global_init(CURL_GLOBAL_DEFAULT);
  std::atomic<size_t> next{0}, rows{0};
  {
    Database database(arguments[3]);
    const int64_t start = day_start(date);
    std::vector<std::thread> workers;
    for (int worker = 0; worker < threads; worker++) {
      workers.emplace_back([&] {
        Connection connection;
        dom::parser parser;
        for (size_t index; (index = next++) < names.size();) {
          const string token = renewed_token(connection, url, folder, names[index], parser);
          connection.ask(url + "/1/user/-/devices.json", token);
          const auto intraday = [&](const string &kind, const string &step) {
            return url + "/1/user/-/activities/" + kind + "/date/" + date + "/" + date + "/" + step + "/time/00:00/23:59.json?timezone=UTC";
          };
          Answer answer;
          answer.participant = names[index].substr(0, names[index].size() - 5);
          answer.heart = samples(parser, connection.ask(intraday("heart", detail), token), "activities-heart-intraday", start);
          answer.steps = samples(parser, connection.ask(intraday("steps", "1min"), token), "activities-steps-intraday", start);
          // A day of UTC touches two local days.
          for (int64_t day : {start - 86400, start}) {
            char text[16];
            tm parts{};
            const time_t instant = day;
            strftime(text, sizeof text, "%Y-%m-%d", gmtime_r(&instant, &parts));
            Day local{text, ""};
            local.activity = connection.ask(url + "/1/user/-/activities/date/" + local.date + ".json", token);
            answer.days.push_back(std::move(local));
          }
          answer.zones = connection.ask(
              url + "/1/user/-/activities/heart/date/" + answer.days.front().date + "/" + answer.days.back().date + ".json", token);
          rows += database.write(answer);
        }
      });
    }
    for (std::thread &worker : workers) worker.join();
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  std::printf("%.3f %zu\n", seconds.count(), rows.load());
}
