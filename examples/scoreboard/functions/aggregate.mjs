// Adds game scores up by user: the stream of GameScoreRecords into GameScoresByUser.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';

const tables = DynamoDBDocumentClient.from(new DynamoDBClient({}));

export const handler = async (event) => {
  const started = Date.now() / 1000;
  const users = new Map();
  for (const { eventName, dynamodb } of event.Records) {
    if (eventName !== 'INSERT') continue;
    const { UserId, Score } = dynamodb.NewImage;
    const sum = users.get(UserId.S) ?? { score: 0, games: 0 };
    users.set(UserId.S, { score: sum.score + Number(Score.N), games: sum.games + 1 });
  }
  await Promise.all([...users].map(([user, { score, games }]) => tables.send(new UpdateCommand({
    TableName: 'GameScoresByUser',
    Key: { UserId: user, Runtime: 'nodejs' },
    UpdateExpression: 'ADD TotalScore :score, Games :games SET LastStarted = :started',
    ExpressionAttributeValues: { ':score': score, ':games': games, ':started': started },
  }))));
};
