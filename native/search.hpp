// One query's search: bounds, candidates, the reference's scores. docs/exactness.md has the proof.

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <queue>
#include <utility>
#include <vector>

#include "kernels.hpp"

namespace srec {

constexpr int kLanes = 8;                 // lanes of the reference's sum
constexpr size_t kSoon = 8;               // rows ahead that are fetched
constexpr double kSlack = 1.0 + 1.0 / (1 << 20);  // more than all roundings of the bounds together
constexpr double kRounding = 1.0 / (1 << 21);     // more than the roundings of an estimate
constexpr double kLeast = 1.0 / (int64_t(1) << 40);  // the smallest unit of a query's rest, if its share is 1

constexpr double kLargest = 1e300;  // of any size in units, and beyond all bounds

// The reference's score: exact products, summed in double in one fixed order.
inline double score(const float* query, const float* item, int64_t dimension) {
    double lanes[kLanes] = {};
    int64_t at = 0;
    for (; at + kLanes <= dimension; at += kLanes)
        for (int lane = 0; lane < kLanes; ++lane)
            lanes[lane] += double(query[at + lane]) * double(item[at + lane]);
    for (int lane = 0; at < dimension; ++at, ++lane) lanes[lane] += double(query[at]) * double(item[at]);
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

// Begin to read what is needed soon.
inline void fetch(const void* memory, size_t bytes) {
#if defined(__GNUC__) || defined(__clang__)
    for (size_t at = 0; at < bytes; at += 64) __builtin_prefetch(static_cast<const char*>(memory) + at);
#else
    (void)memory, (void)bytes;
#endif
}

struct Candidate {
    int64_t place;
    float lower, upper;
    double score;
};

// The rows that may be answers to a query.
class Filter {
  public:
    // `allowed` says of each row whether it is allowed; null allows all.
    Filter(const uint8_t* allowed, const int64_t* first, const int64_t* last, int64_t count)
        : allowed_(allowed), barred_(count) {
        bar(first, last);
    }

    void bar(const int64_t* first, const int64_t* last) {
        for (; first < last; ++first) barred_[*first] = true;
    }

    bool passes(int64_t place) const {
        return place < int64_t(barred_.size()) && (!allowed_ || allowed_[place]) && !barred_[place];
    }

  private:
    const uint8_t* allowed_;
    std::vector<bool> barred_;
};

// Rows whose scores have something added, and what.
struct Added {
    const int64_t *first, *last;
    const double* numbers;
};

// The parts of rows and queries: a row is the sum of the centre, a share of the direction, and a rest, which is coded.
struct Frame {
    const double* centre;     // [dimension]
    const double* direction;  // [dimension], of length 1 or 0
    int64_t dimension;
    double scale;     // the items' common exponent: their numbers are divided by it
    double rounding;  // more than the rounding of any row's score, for a query of length 1
    double leaning;   // more than that of any row's share and of what the share leaves, for a query whose share is 1
};

struct Search {
    const float* vector;
    Filter filter;
    size_t k;
    std::vector<int8_t> codes;
    Query query;
    double unit;    // the score of an estimate of 1, without the items' common exponent
    double offset;  // the centre's share of every score, in units
    int64_t opened = 0;
    std::vector<float> bounds;  // each block's upper bound of its rows' scores, without its codes
    // The blocks that the upper halves of their codes do not rule out, up to end; the memory behind is never touched.
    std::unique_ptr<Block[]> blocks;
    Block* end;
    std::priority_queue<float, std::vector<float>, std::greater<float>> lowest;  // the k best lower bounds
    std::vector<Candidate> candidates, added;

    Search(const float* vector, const Frame& frame, const Index& index, Filter filter, size_t k)
        : vector(vector),
          filter(std::move(filter)),
          k(k),
          codes(index.pairs * kPair),
          bounds(index.blocks),
          blocks(new Block[index.blocks]),
          end(blocks.get()) {
        double length = 0, shared = 0, along = 0, largest = 0;
        for (int64_t at = 0; at < frame.dimension; ++at) {
            length += double(vector[at]) * double(vector[at]);
            shared += double(vector[at]) * frame.centre[at];
            along += double(vector[at]) * frame.direction[at];
        }
        std::vector<double> rest(frame.dimension);
        for (int64_t at = 0; at < frame.dimension; ++at) {
            rest[at] = double(vector[at]) - along * frame.direction[at];
            largest = std::max(largest, std::fabs(rest[at]));
        }
        unit = std::max(largest / 127, std::fabs(along) * kLeast);
        if (unit == 0) unit = 1;
        offset = shared / unit;
        int32_t sum = 0;
        double whole = 0, left = 0, coded = 0;
        for (int64_t at = 0; at < frame.dimension; ++at) {
            const double value = rest[at] / unit;
            const double code = std::nearbyint(value);
            codes[at] = static_cast<int8_t>(code);
            sum += static_cast<int32_t>(code);
            whole += value * value;
            left += (value - code) * (value - code);
            coded += code * code;
        }
        const double rounding = std::sqrt(length) * frame.rounding + std::fabs(along) * frame.leaning;
        query.codes = codes.data();
        query.sum = sum;
        query.alpha = static_cast<float>(std::sqrt(whole) * kSlack);
        query.beta = static_cast<float>((std::sqrt(left) + std::sqrt(coded) * kRounding) * kSlack);
        query.gamma = static_cast<float>(rounding / unit * kSlack);
        query.lambda = static_cast<float>(along / unit);
        query.threshold = -std::numeric_limits<float>::infinity();
        const float* shares = query.lambda < 0 ? index.least : index.most;
        for (int64_t block = 0; block < index.blocks; ++block)
            bounds[block] = query.lambda * shares[block] + (query.alpha * index.reach[block] + query.gamma);
    }

    // Score the rows that have something added. They are met before all others, which need not be read if they cannot
    // be better.
    void add(const Added& given, const float* items, const Frame& frame) {
        const size_t size = frame.dimension;
        std::vector<const int64_t*> taking;
        taking.reserve(given.last - given.first);
        for (const int64_t* row = given.first; row < given.last; ++row)
            if (filter.passes(*row)) taking.push_back(row);
        added.reserve(taking.size());
        for (size_t at = 0; at < taking.size(); ++at) {
            if (at + kSoon < taking.size()) fetch(items + *taking[at + kSoon] * size, size * sizeof(float));
            const int64_t row = *taking[at];
            const double whole = score(vector, items + row * size, size) + given.numbers[taking[at] - given.first];
            added.push_back({row, 0, 0, whole});
            reach(below(whole, frame));
        }
        filter.bar(given.first, given.last);
    }

    // Whether any row of these blocks can be among the k best.
    bool wants(int64_t first, int64_t last) const {
        int found = 0;  // no branch, so that several are compared at once
        for (int64_t block = first; block < last; ++block) found |= bounds[block] >= query.threshold;
        return found;
    }

    // Keep the blocks found so far and open the best of them, and more of them while fewer than k rows are known.
    void keep(const Index& index, const Kernel& kernel, Block* last) {
        const auto higher = [](const Block& one, const Block& other) { return one.top > other.top; };
        Block* first = std::exchange(end, last);
        if (first == end) return;
        if (lowest.size() == k) {
            open(index, kernel, *std::min_element(first, end, higher));
            return;
        }
        std::sort(first, end, higher);
        while (first < end && lowest.size() < k) open(index, kernel, *first++);
    }

    // Open all blocks that can still contain one of the k best rows.
    void open_rest(const Index& index, const Kernel& kernel) {
        for (Block* block = blocks.get(); block < end; ++block) open(index, kernel, *block);
    }

    // Open a block unless none of its rows can be among the k best; returns whether it was opened.
    bool open(const Index& index, const Kernel& kernel, Block& block) {
        if (block.top == kDone || block.top < query.threshold) return false;
        block.top = kDone;
        ++opened;
        float estimates[kRows], slacks[kRows];
        kernel.open(index, block, query, estimates, slacks);
        for (int row = 0; row < kRows; ++row) {
            const int64_t place = index.places[block.number * kRows + row];
            if (estimates[row] + slacks[row] >= query.threshold && filter.passes(place))
                meet(place, estimates[row] - slacks[row], estimates[row] + slacks[row]);
        }
        return true;
    }

    void meet(int64_t place, float lower, float upper) {
        candidates.push_back({place, lower, upper, 0});
        reach(lower);
    }

    // Count in a lower bound.
    void reach(float lower) {
        if (lowest.size() == k) {
            if (lower <= lowest.top()) return;
            lowest.pop();
        }
        lowest.push(lower);
        if (lowest.size() == k) query.threshold = lowest.top();
    }

    // A score in units, rounded downwards.
    float below(double whole, const Frame& frame) const {
        constexpr float largest = std::numeric_limits<float>::max();
        const double scaled = std::clamp(whole / unit / frame.scale, -kLargest, kLargest);
        const double least = scaled - offset - (std::fabs(scaled) + std::fabs(offset)) * kLeast;
        return std::nextafter(static_cast<float>(std::clamp<double>(least, -largest, largest)),
                              -std::numeric_limits<float>::infinity());
    }

    // Score the candidates; returns how many were outside their bounds: 0 if the proof and the code are right.
    int64_t finish(const float* items, const Frame& frame) {
        int64_t outside = 0;
        const float last = query.threshold;
        candidates.erase(std::remove_if(candidates.begin(), candidates.end(),
                                        [last](const Candidate& one) { return one.upper < last; }),
                         candidates.end());
        for (Candidate& one : candidates) {
            one.score = score(vector, items + one.place * frame.dimension, frame.dimension);
            const double scaled = one.score / unit / frame.scale - offset;
            outside += !(scaled >= one.lower && scaled <= one.upper);
        }
        candidates.insert(candidates.end(), added.begin(), added.end());
        return outside;
    }

    void best(int64_t* rows, double* scores) {
        const auto better = [](const Candidate& one, const Candidate& other) {
            return one.score > other.score || (one.score == other.score && one.place < other.place);
        };
        const size_t found = std::min(k, candidates.size());
        std::partial_sort(candidates.begin(), candidates.begin() + found, candidates.end(), better);
        for (size_t at = 0; at < k; ++at) {
            rows[at] = at < found ? candidates[at].place : -1;
            scores[at] = at < found ? candidates[at].score : -std::numeric_limits<double>::infinity();
        }
    }
};

}  // namespace srec
