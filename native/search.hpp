// One query's search: bounds, candidates, the reference's scores. docs/exactness.md has the proof.

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <queue>
#include <utility>
#include <vector>

#include "kernels.hpp"

namespace srec {

constexpr int kLanes = 8;                 // of the reference's sum
constexpr double kSlack = 1.0 + 1.0 / (1 << 20);  // more than all roundings of the bounds together
constexpr double kRounding = 1.0 / (1 << 21);     // more than those of an estimate

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

constexpr int64_t kStretches = 64;

struct Candidate {
    int64_t row;
    float lower, upper;
    double score;
};

// What may be answered to a query.
struct Filter {
    const uint8_t* allowed;  // of each row; all where it is null
    std::vector<int64_t> excluded;
    int64_t count;  // of rows

    Filter(const uint8_t* allowed, const int64_t* first, const int64_t* last, int64_t count)
        : allowed(allowed), excluded(first, last), count(count) {
        std::sort(excluded.begin(), excluded.end());
    }

    bool passes(int64_t row) const {
        return row < count && (!allowed || allowed[row]) &&
               !std::binary_search(excluded.begin(), excluded.end(), row);
    }
};

// One query's search.
struct Search {
    std::vector<int8_t> codes;
    Query query;
    double unit;    // what an estimate of 1 stands for, without the items' common exponent
    double offset;  // the centre's share of every score, in units
    std::vector<float> tops;
    float threshold = -std::numeric_limits<float>::infinity();
    std::priority_queue<float, std::vector<float>, std::greater<float>> lowest;  // the k best lower bounds
    std::vector<Candidate> candidates;

    Search(const float* vector, const double* centre, int64_t dimension, const Index& index)
        : codes(index.pairs * kPair), tops(index.blocks) {
        double largest = 0, shared = 0;
        for (int64_t at = 0; at < dimension; ++at) {
            largest = std::max(largest, std::fabs(double(vector[at])));
            shared += double(vector[at]) * centre[at];
        }
        unit = largest > 0 ? largest / 127 : 1;
        offset = shared / unit;
        int32_t sum = 0;
        double whole = 0, left = 0, coded = 0;
        for (int64_t at = 0; at < dimension; ++at) {
            const double value = double(vector[at]) / unit;
            const double code = std::nearbyint(value);
            codes[at] = static_cast<int8_t>(code);
            sum += static_cast<int32_t>(code);
            whole += value * value;
            left += (value - code) * (value - code);
            coded += code * code;
        }
        query = {codes.data(), sum, static_cast<float>(std::sqrt(whole) * kSlack),
                 static_cast<float>((std::sqrt(left) + std::sqrt(coded) * kRounding) * kSlack)};
    }

    // Open the blocks that look best, until no other can have one of the k best rows; how many that were.
    int64_t look(const Index& index, const Kernel& kernel, const Filter& filter, size_t k) {
        // The best of each stretch, the best first, bring the threshold near to where it ends.
        std::vector<std::pair<float, int64_t>> best;
        for (int64_t first = 0, last; first < index.blocks; first = last) {
            last = std::min(first + std::max<int64_t>(index.blocks / kStretches, 1), index.blocks);
            const auto found = std::max_element(tops.begin() + first, tops.begin() + last);
            best.emplace_back(*found, found - tops.begin());
        }
        std::sort(best.begin(), best.end(), std::greater<>());
        int64_t opened = 0;
        for (const auto& [top, block] : best) opened += open(index, kernel, filter, k, block);
        for (int64_t block = 0; block < index.blocks; ++block) opened += open(index, kernel, filter, k, block);
        return opened;
    }

    // Look at a block's rows, unless none can be among the k best; whether that was so.
    bool open(const Index& index, const Kernel& kernel, const Filter& filter, size_t k, int64_t block) {
        if (!(tops[block] >= threshold)) return false;
        tops[block] = std::numeric_limits<float>::quiet_NaN();  // not a second time
        float estimates[kRows], slacks[kRows];
        kernel.open(index, block, query, estimates, slacks);
        for (int row = 0; row < kRows; ++row)
            if (estimates[row] + slacks[row] >= threshold && filter.passes(block * kRows + row))
                meet(block * kRows + row, estimates[row] - slacks[row], estimates[row] + slacks[row], k);
        return true;
    }

    void meet(int64_t row, float lower, float upper, size_t k) {
        candidates.push_back({row, lower, upper, 0});
        if (lowest.size() == k) {
            if (lower <= lowest.top()) return;
            lowest.pop();
        }
        lowest.push(lower);
        if (lowest.size() == k) threshold = lowest.top();
    }

    // Score the candidates; how many were outside of their bounds: none, if the proof and the code are right.
    int64_t finish(const float* vector, const float* items, int64_t dimension, double scale) {
        int64_t outside = 0;
        const float last = threshold;
        candidates.erase(std::remove_if(candidates.begin(), candidates.end(),
                                        [last](const Candidate& one) { return one.upper < last; }),
                         candidates.end());
        for (Candidate& one : candidates) {
            one.score = score(vector, items + one.row * dimension, dimension);
            const double scaled = one.score / unit / scale - offset;
            outside += !(scaled >= one.lower && scaled <= one.upper);
        }
        return outside;
    }

    void best(size_t k, int64_t* rows, double* scores) {
        const auto better = [](const Candidate& one, const Candidate& other) {
            return one.score > other.score || (one.score == other.score && one.row < other.row);
        };
        const size_t found = std::min(k, candidates.size());
        std::partial_sort(candidates.begin(), candidates.begin() + found, candidates.end(), better);
        for (size_t place = 0; place < k; ++place) {
            rows[place] = place < found ? candidates[place].row : -1;
            scores[place] =
                place < found ? candidates[place].score : -std::numeric_limits<double>::infinity();
        }
    }
};

}  // namespace srec
