// One query's search: bounds, candidates, the reference's scores. docs/exactness.md has the proof.

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <queue>
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

struct Candidate {
    int64_t row;
    float lower, upper;
    double score;
};

// One query's search in progress.
struct Search {
    std::vector<int8_t> codes;
    Query query;
    double unit;  // what an estimate of 1 stands for, without the items' common exponent
    float threshold = -std::numeric_limits<float>::infinity();
    std::priority_queue<float, std::vector<float>, std::greater<float>> lowest;  // the k best lower bounds
    std::vector<Candidate> candidates;

    Search(const float* vector, int64_t dimension) {
        double largest = 0;
        for (int64_t at = 0; at < dimension; ++at) largest = std::max(largest, std::fabs(double(vector[at])));
        unit = largest > 0 ? largest / 127 : 1;
        const int64_t pairs = (dimension + kPair - 1) / kPair;
        codes.assign(pairs * kPair, 0);
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
        query = {codes.data(), static_cast<int>(pairs), sum,
                 static_cast<float>(std::sqrt(whole) * kSlack),
                 static_cast<float>((std::sqrt(left) + std::sqrt(coded) * kRounding) * kSlack)};
    }

    void meet(int64_t row, float estimate, float slack, size_t k) {
        const float lower = estimate - slack, upper = estimate + slack;
        candidates.push_back({row, lower, upper, 0});
        if (lowest.size() == k) {
            if (lower <= lowest.top()) return;
            lowest.pop();
        }
        lowest.push(lower);
        if (lowest.size() == k) threshold = lowest.top();
    }

    // How many scores were outside of their bounds: none, if the proof and the code are right.
    int64_t finish(const float* vector, const float* items, int64_t dimension, double scale) {
        int64_t outside = 0;
        const float last = threshold;
        candidates.erase(std::remove_if(candidates.begin(), candidates.end(),
                                        [last](const Candidate& one) { return one.upper < last; }),
                         candidates.end());
        for (Candidate& one : candidates) {
            one.score = score(vector, items + one.row * dimension, dimension);
            const double scaled = one.score / unit / scale;
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
